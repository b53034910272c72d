/* keyfit completion: what shells complete, from the tables.
 */
#include "options.h"
#include "pages.h"
#include "say.h"

#include <stdio.h>
#include <string.h>

static const struct kf_option options[] = {
	{ NULL, KF_VALUE_NONE, NULL, false, NULL },
};

static const char *const examples[] = {
	"keyfit completion bash >~/.local/share/bash-completion/completions/keyfit",
	"keyfit completion fish >~/.config/fish/completions/keyfit.fish",
	NULL,
};

/* name_at is the name of a part or a setting of one verifier; NULL: no more. */
static const char *name_at(const struct kf_verifier *v,
			   enum kf_value_kind kind, size_t index)
{
	if (kind == KF_VALUE_PART)
		return v->parts[index];
	return v->choices[index].name;
}

/* named_before: does an earlier verifier have this name too? */
static bool named_before(size_t index, enum kf_value_kind kind,
			 const char *name)
{
	const struct kf_verifier *own = kf_rules_at(index)->verifier;

	for (size_t i = 0; i < index; i++) {
		const struct kf_verifier *v = kf_rules_at(i)->verifier;
		const char *other;

		for (size_t n = 0; v != own && (other = name_at(v, kind, n));
		     n++)
			if (strcmp(other, name) == 0)
				return true;
	}
	return false;
}

/* names_of writes what stands before the "=" of a value: the names of all
 * verifiers, once each. */
static void names_of(struct kf_output *out, enum kf_value_kind kind)
{
	const struct kf_rules *rules;
	const struct kf_verifier *last = NULL;
	const char *name;

	for (size_t i = 0; (rules = kf_rules_at(i)); i++) {
		const struct kf_verifier *v = rules->verifier;

		for (size_t n = 0; v != last && (name = name_at(v, kind, n));
		     n++)
			if (!named_before(i, kind, name))
				kf_output_print(out, "%s= ", name);
		last = v;
	}
}

/* words_of writes the words that a value may be. */
static void words_of(struct kf_output *out, enum kf_value_kind kind)
{
	const struct kf_rules *rules;
	const struct kf_verb *verb;

	if (kind == KF_VALUE_PART || kind == KF_VALUE_SETTING)
		names_of(out, kind);
	if (kind == KF_VALUE_SHELL)
		kf_output_text(out, "bash zsh fish");
	if (kind == KF_VALUE_RULES)
		for (size_t i = 0; (rules = kf_rules_at(i)); i++)
			kf_output_print(out, i ? " %s" : "%s", rules->name);
	if (kind == KF_VALUE_REASON)
		for (size_t i = 0; kf_manuals[i].name; i++)
			kf_output_print(out, i ? " %s" : "%s",
					kf_manuals[i].name);
	if (kind == KF_VALUE_VERB)
		for (size_t i = 0; (verb = kf_verb_at(i)); i++)
			kf_output_print(out, i ? " %s" : "%s", verb->name);
}

static bool is_file(enum kf_value_kind kind)
{
	return kind == KF_VALUE_FILE;
}

/* bash_value writes one line of a case: what completes a value. */
static void bash_value(struct kf_output *out, const char *label,
		       enum kf_value_kind kind)
{
	kf_output_print(out, "\t%s) ", label);
	if (is_file(kind)) {
		kf_output_text(out, "files=1");
	} else {
		kf_output_text(out, "words=\"");
		words_of(out, kind);
		kf_output_text(out, "\"");
	}
	kf_output_text(out, " ;;\n");
}

static void option_names(struct kf_output *out, const struct kf_command *c)
{
	for (const struct kf_option *o = c->options; o->name; o++)
		kf_output_print(out, "--%s ", o->name);
	kf_output_text(out, "--help");
}

static void bash(struct kf_output *out)
{
	const struct kf_verb *verb;

	kf_output_text(out,
		"# Completion of keyfit for bash, written by keyfit completion bash.\n"
		"_keyfit() {\n"
		"\tlocal cur=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]-}\n"
		"\tlocal prev=${COMP_WORDS[COMP_CWORD-1]} words= files=\n"
		"\tCOMPREPLY=()\n"
		"\t# bash takes --name=value for three words.\n"
		"\tif [ \"$cur\" = = ]; then cur=; fi\n"
		"\tif [ \"$prev\" = = ]; then\n"
		"\t\tprev=${COMP_WORDS[COMP_CWORD-2]}\n"
		"\t\tcase $prev in --*) ;; *) prev=--device verb=check ;; esac\n"
		"\tfi\n"
		"\tcase $COMP_CWORD:$verb:$prev:$cur in\n\t1:*) words=\"");
	words_of(out, KF_VALUE_VERB);
	kf_output_text(out, " help --help --version\" ;;\n");
	for (size_t i = 0; (verb = kf_verb_at(i)); i++) {
		char label[128];

		for (const struct kf_option *o = verb->command->options;
		     o->name; o++) {
			if (!o->value)
				continue;
			snprintf(label, sizeof(label), "*:%s:--%s:*",
				 verb->name, o->name);
			bash_value(out, label, o->kind);
		}
		kf_output_print(out, "\t*:%s:*:-*) words=\"", verb->name);
		option_names(out, verb->command);
		kf_output_text(out, "\" ;;\n");
		snprintf(label, sizeof(label), "*:%s:*", verb->name);
		bash_value(out, label, verb->command->operand_kind);
	}
	bash_value(out, "*:help:*", KF_VALUE_VERB);
	kf_output_text(out,
		"\tesac\n"
		"\tif [ -n \"$files\" ]; then\n"
		"\t\tcompopt -o filenames\n"
		"\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
		"\telse\n"
		"\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
		"\t\tcase ${COMPREPLY-} in *=) compopt -o nospace ;; esac\n"
		"\tfi\n"
		"}\n"
		"complete -F _keyfit keyfit\n");
}

/* quoted writes a text in single quotes; `also` are characters that get a
 * backslash for zsh. */
static void quoted(struct kf_output *out, const char *text, const char *also)
{
	for (const char *c = text; *c; c++) {
		if (*c == '\'')
			kf_output_text(out, "'\\''");
		else if (strchr(also, *c))
			kf_output_print(out, "\\%c", *c);
		else
			kf_output_add(out, c, 1);
	}
}

/* zsh_action writes what completes a value: files or words. */
static void zsh_action(struct kf_output *out, const char *what,
		       enum kf_value_kind kind)
{
	kf_output_print(out, ":%s:", what);
	if (is_file(kind)) {
		kf_output_text(out, "_files");
		return;
	}
	kf_output_text(out, "(");
	words_of(out, kind);
	kf_output_text(out, ")");
}

static void zsh_verb(struct kf_output *out, const struct kf_verb *verb)
{
	const struct kf_command *c = verb->command;

	kf_output_print(out, "\t%s) _arguments ", verb->name);
	for (const struct kf_option *o = c->options; o->name; o++) {
		kf_output_print(out, "'%s--%s%s[", o->repeats ? "*" : "",
				o->name, o->value ? "=" : "");
		quoted(out, o->title, "[]:");
		kf_output_text(out, "]");
		if (o->value)
			zsh_action(out, o->value, o->kind);
		kf_output_text(out, "' ");
	}
	kf_output_print(out, "'--help[this help]' '%s",
			c->max_operands == 1 ? "1" : "*");
	zsh_action(out, "operand", c->operand_kind);
	kf_output_text(out, "' ;;\n");
}

static void zsh(struct kf_output *out)
{
	const struct kf_verb *verb;

	kf_output_text(out,
		"#compdef keyfit\n"
		"# Completion of keyfit for zsh, written by keyfit completion zsh.\n"
		"if (( CURRENT == 2 )); then\n"
		"\tlocal -a verbs=(\n");
	for (size_t i = 0; (verb = kf_verb_at(i)); i++) {
		kf_output_print(out, "\t\t'%s:", verb->name);
		quoted(out, verb->title, ":");
		kf_output_text(out, "'\n");
	}
	kf_output_text(out,
		"\t\t'help:help on a verb'\n\t)\n"
		"\t_describe verb verbs\n\treturn\nfi\n"
		"local verb=$words[2]\n"
		"shift words\n(( CURRENT-- ))\n"
		"case $verb in\n");
	for (size_t i = 0; (verb = kf_verb_at(i)); i++)
		zsh_verb(out, verb);
	kf_output_text(out, "esac\n");
}

static void fish_verb(struct kf_output *out, const struct kf_verb *verb)
{
	const char *seen = "__fish_seen_subcommand_from";
	const struct kf_command *c = verb->command;

	kf_output_print(out, "complete -c keyfit -n __fish_use_subcommand -f -a %s -d '",
			verb->name);
	quoted(out, verb->title, "\\");
	kf_output_text(out, "'\n");
	for (const struct kf_option *o = c->options; o->name; o++) {
		kf_output_print(out, "complete -c keyfit -n '%s %s' -l %s",
				seen, verb->name, o->name);
		if (o->value)
			kf_output_text(out, is_file(o->kind) ? " -r -F"
							     : " -x -a '");
		if (o->value && !is_file(o->kind)) {
			words_of(out, o->kind);
			kf_output_text(out, "'");
		}
		kf_output_text(out, " -d '");
		quoted(out, o->title, "\\");
		kf_output_text(out, "'\n");
	}
	if (is_file(c->operand_kind))
		return;
	kf_output_print(out, "complete -c keyfit -n '%s %s' -f -a '", seen,
			verb->name);
	words_of(out, c->operand_kind);
	kf_output_text(out, "'\n");
}

static void fish(struct kf_output *out)
{
	const struct kf_verb *verb;

	kf_output_text(out, "# Completion of keyfit for fish, written by keyfit completion fish.\n");
	for (size_t i = 0; (verb = kf_verb_at(i)); i++)
		fish_verb(out, verb);
}

static int no_such(const char *name)
{
	kf_say(name, name ? "is no shell that keyfit knows"
	       : "no shell", "usage: keyfit completion bash|zsh|fish");
	return KF_EXIT_USAGE;
}

static int run(const struct kf_arguments *arguments)
{
	static const struct {
		const char *name;
		void (*write)(struct kf_output *out);
	} shells[] = {
		{ "bash", bash }, { "zsh", zsh }, { "fish", fish },
	};
	const char *name = arguments->num_operands ? arguments->operand[0]
						   : NULL;
	struct kf_output out = { 0 };
	size_t i = 0;

	while (i < 3 && !(name && strcmp(shells[i].name, name) == 0))
		i++;
	if (i == 3)
		return no_such(name);
	shells[i].write(&out);
	return kf_put_answer(&out);
}

const struct kf_command kf_cmd_completion = {
	.operands = "bash|zsh|fish",
	.operand_kind = KF_VALUE_SHELL,
	.max_operands = 1,
	.options = options,
	.examples = examples,
	.run = run,
};
