/* Takes command lines apart by a command's table, and writes its help.
 */
#include "options.h"

#include "say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct kf_option help_option = {
	"help", KF_VALUE_NONE, NULL, false, "this help",
};

static const struct kf_option *find(const struct kf_command *command,
				    const char *name, size_t len)
{
	for (const struct kf_option *o = command->options; o->name; o++)
		if (strlen(o->name) == len && memcmp(o->name, name, len) == 0)
			return o;
	if (len == 4 && memcmp(name, "help", 4) == 0)
		return &help_option;
	return NULL;
}

static int no_such(const struct kf_verb *verb, const char *argument)
{
	char name[64], hint[160], otherwise[80];
	struct kf_nearest nearest = { .wanted = name };

	snprintf(name, sizeof(name), "%.*s",
		 (int)strcspn(argument + (argument[1] == '-' ? 2 : 1), "="),
		 argument + (argument[1] == '-' ? 2 : 1));
	for (const struct kf_option *o = verb->command->options; o->name; o++)
		kf_nearest_weigh(&nearest, o->name);
	snprintf(otherwise, sizeof(otherwise),
		 "keyfit %s --help lists its options", verb->name);
	kf_hint_nearest(hint, sizeof(hint), &nearest, "--", otherwise);
	kf_say(argument, "no such option", hint);
	return KF_EXIT_USAGE;
}

/* usage says what is wrong with one option. */
static int usage(const struct kf_option *option, const char *what)
{
	char name[64], hint[160];

	snprintf(name, sizeof(name), "--%s", option->name);
	snprintf(hint, sizeof(hint), "--%s%s%s: %s", option->name,
		 option->value ? " " : "", option->value ? option->value : "",
		 option->title);
	kf_say(name, what, hint);
	return KF_EXIT_USAGE;
}

/* read_option takes one option at argv[*i], with its value, which may be the
 * next argument. */
static int read_option(struct kf_arguments *out, const struct kf_verb *verb,
		       int argc, char **argv, int *i)
{
	const char *argument = argv[*i];
	const char *name = argument + 2;
	size_t len = strcspn(name, "=");
	const struct kf_option *o = argument[1] == '-'
		? find(verb->command, name, len) : NULL;
	struct kf_given *given = &out->given[out->num_given];

	if (!o)
		return no_such(verb, argument);
	given->option = o;
	given->value = name[len] == '=' ? name + len + 1 : NULL;
	if (!o->value && given->value)
		return usage(o, "takes no value");
	if (!o->repeats && kf_argument(out, o->name) && o != &help_option)
		return usage(o, "given twice");
	if (o->value && !given->value) {
		if (*i + 1 == argc)
			return usage(o, "needs a value");
		given->value = argv[++*i];
	}
	if (!o->value)
		given->value = "";
	out->num_given++;
	return KF_EXIT_FITS;
}

/* count holds the operands against what the command takes. */
static int count(const struct kf_arguments *arguments,
		 const struct kf_verb *verb)
{
	char hint[160];
	size_t max = verb->command->max_operands;

	if (max == 0 || arguments->num_operands <= max ||
	    kf_argument(arguments, "help"))
		return KF_EXIT_FITS;
	snprintf(hint, sizeof(hint), "usage: keyfit %s %s", verb->name,
		 verb->command->operands);
	kf_say(arguments->operand[max], "is one argument too many", hint);
	return KF_EXIT_USAGE;
}

int kf_arguments_read(struct kf_arguments *out, const struct kf_verb *verb,
		      int argc, char **argv)
{
	bool options = true;
	int status = KF_EXIT_FITS;

	memset(out, 0, sizeof(*out));
	out->given = calloc((size_t)argc + 1, sizeof(*out->given));
	out->operand = calloc((size_t)argc + 1, sizeof(*out->operand));
	if (!out->given || !out->operand) {
		kf_say(NULL, "out of memory", NULL);
		kf_arguments_close(out);
		return KF_EXIT_FAULT;
	}
	for (int i = 0; i < argc && status == KF_EXIT_FITS; i++) {
		if (options && strcmp(argv[i], "--") == 0)
			options = false;
		else if (options && argv[i][0] == '-' && argv[i][1])
			status = read_option(out, verb, argc, argv, &i);
		else
			out->operand[out->num_operands++] = argv[i];
	}
	if (status == KF_EXIT_FITS)
		status = count(out, verb);
	if (status != KF_EXIT_FITS)
		kf_arguments_close(out);
	return status;
}

void kf_arguments_close(struct kf_arguments *arguments)
{
	free(arguments->given);
	free(arguments->operand);
	memset(arguments, 0, sizeof(*arguments));
}

const char *kf_argument(const struct kf_arguments *arguments,
			const char *name)
{
	for (size_t i = 0; i < arguments->num_given; i++)
		if (strcmp(arguments->given[i].option->name, name) == 0)
			return arguments->given[i].value;
	return NULL;
}

/* among tells whether a name is one of some, with a space between. */
static bool among(const char *names, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = names; *at; at += strspn(at, " ")) {
		size_t own = strcspn(at, " ");

		if (own == len && memcmp(at, name, len) == 0)
			return true;
		at += own;
	}
	return false;
}

int kf_arguments_only(const struct kf_arguments *arguments, const char *what,
		      const char *takes)
{
	char text[160];

	for (size_t i = 0; i < arguments->num_given; i++) {
		const struct kf_option *o = arguments->given[i].option;

		if (among(takes, o->name))
			continue;
		snprintf(text, sizeof(text), "--%s does not go with %s",
			 o->name, what);
		kf_say(NULL, text, o->title);
		return KF_EXIT_USAGE;
	}
	return KF_EXIT_FITS;
}

int kf_argument_time(int64_t *out, const struct kf_arguments *arguments)
{
	const char *at = kf_argument(arguments, "at");

	*out = kf_now_s();
	if (!at || kf_time_read(out, at))
		return KF_EXIT_FITS;
	kf_say(at, "is no time", "write 2028-05-15, 2028-05-15T12:00:00Z or @1842004800");
	return KF_EXIT_USAGE;
}

static void help_option_line(struct kf_output *out, const struct kf_option *o)
{
	char left[64];

	snprintf(left, sizeof(left), "--%s%s%s", o->name, o->value ? " " : "",
		 o->value ? o->value : "");
	kf_output_print(out, "  %-24s %s%s\n", left, o->title,
			o->repeats ? "; may come again" : "");
}

void kf_help(struct kf_output *out, const struct kf_verb *verb)
{
	const struct kf_command *c = verb->command;

	kf_output_print(out, "keyfit %s: %s\n\nusage: keyfit %s %s%s\n\n",
			verb->name, verb->title, verb->name, c->operands,
			c->options->name ? " [OPTION...]" : "");
	for (const struct kf_option *o = c->options; o->name; o++)
		help_option_line(out, o);
	help_option_line(out, &help_option);
	kf_output_text(out, "\nexamples:\n");
	for (const char *const *e = c->examples; *e; e++)
		kf_output_print(out, "  %s\n", *e);
	kf_output_print(out, "\nmore: man keyfit-%s\n", verb->name);
}

void kf_help_all(struct kf_output *out)
{
	const struct kf_verb *verb;

	kf_output_text(out, "keyfit: will this firmware's signing keys fit this device?\n\n"
		       "usage: keyfit VERB [ARGUMENT...] [OPTION...]\n\n");
	for (size_t i = 0; (verb = kf_verb_at(i)); i++)
		kf_output_print(out, "  %-12s %s\n", verb->name, verb->title);
	kf_output_text(out, "\n  --version    which keyfit this is\n"
		       "  --help       this help; keyfit help VERB or keyfit VERB --help for a verb\n\n"
		       "exit status: 0 fits, 1 does not fit, 2 wrong usage, 3 cannot be decided,\n"
		       "4 fault: keyfit or the machine could not do its work\n\n"
		       "example:\n"
		       "  keyfit check shimx64.efi --device OVMF_VARS_4M.ms.fd\n\n"
		       "more: man keyfit\n");
}
