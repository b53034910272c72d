/* Writes the paths of a boot. The stage that decides is told in full, as check
 * would tell it; of the others one line, and what they warn of.
 */
#include "chain_show.h"

#include <stdio.h>
#include <string.h>

/* stage_pair is a stage as a pair of check. */
struct stage_pair {
	struct kf_pair pair;
	struct kf_device_verifier verifier;
	struct kf_remedy remedy[KF_REMEDIES_MAX];
};

static const struct kf_chain_file *file_of(const struct kf_chain_show *show,
					   const struct kf_chain_stage *stage)
{
	return stage->file == KF_CHAIN_NO_FILE
	       ? NULL : &show->esp->given.file[stage->file];
}

/* name_of is what a stage's file is called: its place, else its path. */
static const char *name_of(const struct kf_chain_show *show,
			   const struct kf_chain_stage *stage)
{
	const struct kf_chain_file *f = file_of(show, stage);

	if (!f)
		return stage->missing;
	return f->place ? f->place : f->path;
}

static void fill(struct stage_pair *out, const struct kf_chain_show *show,
		 const struct kf_chain_stage *stage)
{
	const struct kf_chain_file *f = file_of(show, stage);

	memset(out, 0, sizeof(*out));
	out->pair.path = f ? f->path : stage->missing;
	out->pair.device = show->device;
	out->pair.verdict = stage->verdict;
	out->pair.remedy = out->remedy;
	out->pair.at_s = show->at_s;
	out->pair.artifact = f ? f->artifact : NULL;
	out->pair.env = f ? f->env : show->env;
	if (f && show->digest)
		out->pair.sha256 = show->digest[stage->file];
	if (!stage->rules)
		return;
	out->verifier.rules = stage->rules;
	out->verifier.stage = stage->rules->verifier->stage;
	out->verifier.store = *stage->store;
	out->pair.verifier = &out->verifier;
}

/* seek finds remedies; the answer stands without them. */
static void seek(struct stage_pair *p, const struct kf_chain_stage *stage)
{
	p->pair.env->steps = UINT32_MAX;
	if (stage->gate == KF_GATE_SELF || !stage->rules ||
	    kf_remedies(p->remedy, KF_REMEDIES_MAX, &p->pair.num_remedies,
			p->pair.artifact, stage->store, stage->rules,
			stage->verdict, p->pair.env) == KF_OK)
		return;
	p->pair.num_remedies = 0;
}

static const char *const gates[KF_NUM_GATES] = {
	[KF_GATE_FIRMWARE] = "by the firmware",
	[KF_GATE_SHIM] = "by shim",
	[KF_GATE_PROTOCOL] = "by a loader that asks shim",
	[KF_GATE_LOAD_IMAGE] = "by a loader, with shim in its way",
	[KF_GATE_SELF] = "by itself, for its SBAT level",
	[KF_GATE_VERSION] = "by itself, for its security version (SVN)",
	[KF_GATE_LOADER] = "by a loader alone",
	[KF_GATE_INSIDE] = "its kernel, signed with it",
};

/* stage_line: "reject: GRUB 2.06, \EFI\debian\grubx64.efi, by shim". */
static void stage_line(const struct kf_chain_show *show,
		       const struct kf_chain_path *path, size_t index)
{
	const struct kf_chain_stage *stage = &path->stage[index];
	const struct kf_chain_file *f = file_of(show, stage);
	struct kf_output words = { 0 }, label = { 0 };

	kf_output_print(&words, "%s: ", kf_answer_name(stage->verdict->answer));
	if (f)
		kf_output_text(&words, kf_loader_title(f->loader.kind));
	else
		kf_output_text(&words, "a file that is not there");
	if (f && f->loader.version[0])
		kf_output_print(&words, " %s", f->loader.version);
	kf_output_print(&words, ", %s, %s", name_of(show, stage),
			gates[stage->gate]);
	if (stage->rules)
		kf_output_print(&words, " (%s)", stage->rules->name);
	kf_output_print(&label, "stage %zu", index + 1);
	kf_output_add(&label, "", 1);
	if (!label.failed)
		kf_text_line(show->render, label.data, &words);
	show->render->out.failed |= label.failed;
	kf_output_close(&label);
}

static const char *then_words(enum kf_chain_then then)
{
	static const char *const words[] = {
		[KF_THEN_BOOTS] = NULL,
		[KF_THEN_NEXT_OPTION] = "the firmware tries the next boot option",
		[KF_THEN_MOKMANAGER] = "shim shows an error, waits for a key, and starts MokManager",
		[KF_THEN_WAITS] = "shim shows an error and waits for a key; then the firmware tries the next boot option, since shim has no MokManager to start",
		[KF_THEN_RESET] = "shim's fallback waits for eight minutes and starts the machine anew, with the boot options that it made",
		[KF_THEN_POWER_OFF] = "shim powers the machine off",
		[KF_THEN_MENU] = "the loader goes back to its menu",
		[KF_THEN_FAULT] = "the machine hangs or crashes",
		[KF_THEN_UNKNOWN] = NULL,
	};

	return words[then];
}

/* headline: the answer, the files on the way, the device. shim's look at
 * itself and what is inside a file are no further files. */
static void headline(const struct kf_chain_show *show,
		     const struct kf_chain_path *path)
{
	struct kf_output *out = &show->render->out;

	kf_text_answer(show->render, path->answer);
	if (path->option) {
		kf_output_print(out, "Boot%04X \"", path->option->number);
		kf_output_shown(out, kf_text(path->option->label));
		kf_output_text(out, path->num_stages ? "\"  "
			       : "\"  leads elsewhere");
	}
	for (size_t i = 0; i < path->num_stages; i++) {
		const struct kf_chain_stage *stage = &path->stage[i];

		if (stage->gate == KF_GATE_SELF ||
		    stage->gate == KF_GATE_VERSION ||
		    stage->gate == KF_GATE_INSIDE)
			continue;
		if (i)
			kf_output_text(out, " > ");
		kf_output_shown(out, kf_text(name_of(show, stage)));
	}
	kf_output_text(out, "  on ");
	kf_output_shown(out, kf_text(show->device->name));
	kf_output_text(out, path->option && !path->option->active
		       ? " (not active)\n" : path->aside
		       ? " (when asked for)\n" : "\n");
}

/* warned tells whether the same verifier's warnings of the same file stand
 * above already. */
static bool warned(const struct kf_chain_show *show,
		   const struct kf_chain_path *path, size_t index)
{
	const struct kf_chain_stage *stage = &path->stage[index];
	const struct kf_chain_path *p = show->chain->path;

	for (; p <= path; p++) {
		size_t num = p == path ? index : p->num_stages;

		for (size_t i = 0; i < num; i++)
			if (p->stage[i].file == stage->file &&
			    p->stage[i].rules == stage->rules &&
			    p->stage[i].gate == stage->gate)
				return true;
	}
	return false;
}

static void decided(const struct kf_chain_show *show,
		    const struct kf_chain_path *path, size_t index)
{
	const struct kf_chain_stage *stage = &path->stage[index];
	struct stage_pair p;

	fill(&p, show, stage);
	if (path->answer == KF_ACCEPT || index != path->at) {
		if (!warned(show, path, index))
			kf_text_warnings(show->render, &p.pair);
		return;
	}
	seek(&p, stage);
	kf_text_reasons(show->render, &p.pair);
}

void kf_chain_text(const struct kf_chain_show *show,
		   const struct kf_chain_path *path)
{
	const char *then = then_words(path->then);
	struct kf_output words = { 0 };

	headline(show, path);
	for (size_t i = 0; i < path->num_stages; i++) {
		/* What a stage that refuses leaves behind it never runs. */
		if (path->answer == KF_REJECT && i > path->at)
			break;
		stage_line(show, path, i);
		decided(show, path, i);
	}
	if (then) {
		kf_output_text(&words, then);
		kf_text_line(show->render, "then", &words);
	}
}

void kf_chain_first(const struct kf_chain_show *show)
{
	const struct kf_chain_path *path = kf_chain_starts(show->chain);
	struct kf_output *out = &show->render->out;

	if (path && path->option)
		kf_output_print(out, "The machine boots by Boot%04X.\n",
				path->option->number);
	else
		kf_output_text(out,
			"By which option the machine boots is not known, or by none.\n");
}

/* outcome is one of the verdicts' words. */
static const char *outcome(const struct kf_chain_path *path)
{
	if (path->answer == KF_ACCEPT)
		return "boots";
	if (path->answer == KF_UNDECIDED)
		return "unknown";
	if (path->then == KF_THEN_NEXT_OPTION)
		return "falls-back";
	return path->then == KF_THEN_FAULT ? "device-fault"
					   : "blocked-at-boot";
}

/* bare writes a stage for which no rules were asked. */
static void bare(struct kf_json *json, const struct kf_pair *pair)
{
	kf_json_text(json, "artifact", pair->path);
	kf_json_text(json, "verdict",
		     kf_answer_name(pair->verdict->answer));
	kf_json_text(json, "outcome", pair->verdict->outcome);
	kf_json_finding(json, &pair->verdict->why, pair);
}

static void stage_json(struct kf_json *json, const struct kf_chain_show *show,
		       const struct kf_chain_path *path, size_t index)
{
	const struct kf_chain_stage *stage = &path->stage[index];
	const struct kf_chain_file *f = file_of(show, stage);
	struct stage_pair p;

	fill(&p, show, stage);
	if (path->answer != KF_ACCEPT && index == path->at)
		seek(&p, stage);
	kf_json_open(json, NULL, '{');
	kf_json_number(json, "number", index + 1);
	kf_json_text(json, "place", f ? f->place : stage->missing);
	kf_json_text(json, "kind", f ? kf_loader_name(f->loader.kind) : NULL);
	kf_json_text(json, "version", f && f->loader.version[0]
		     ? f->loader.version : NULL);
	kf_json_text(json, "gate", kf_gate_name(stage->gate));
	kf_json_text(json, "shim", stage->shim == KF_CHAIN_NO_FILE ? NULL
		     : show->esp->given.file[stage->shim].path);
	if (stage->rules)
		kf_json_pair(json, &p.pair);
	else
		bare(json, &p.pair);
	kf_json_close(json);
}

static void option_json(struct kf_json *json,
			const struct kf_chain_show *show,
			const struct kf_chain_path *path)
{
	const struct kf_boot_option *o = path->option;
	char name[16];

	if (!o) {
		kf_json_text(json, "option", NULL);
		return;
	}
	snprintf(name, sizeof(name), "Boot%04X", o->number);
	kf_json_open(json, "option", '{');
	kf_json_text(json, "name", name);
	kf_json_text(json, "label", o->label);
	kf_json_text(json, "place", o->place[0] ? o->place : NULL);
	kf_json_yes_no(json, "active", o->active);
	kf_json_yes_no(json, "boots_first",
		       path == kf_chain_starts(show->chain));
	kf_json_close(json);
}

void kf_chain_json(const struct kf_chain_show *show,
		   const struct kf_chain_path *path)
{
	const struct kf_chain_stage *at = &path->stage[path->at];
	struct kf_json json = { .out = &show->render->out };

	kf_json_open(&json, NULL, '{');
	kf_json_number(&json, "path",
		       (uint64_t)(path - show->chain->path) + 1);
	kf_json_text(&json, "device", show->device->name);
	option_json(&json, show, path);
	kf_json_yes_no(&json, "aside", path->aside);
	kf_json_text(&json, "verdict", kf_answer_name(path->answer));
	kf_json_text(&json, "outcome", outcome(path));
	kf_json_text(&json, "then", kf_then_name(path->then));
	if (path->answer == KF_ACCEPT || !path->num_stages) {
		kf_json_text(&json, "stage", NULL);
		kf_json_text(&json, "reason", NULL);
		kf_json_text(&json, "rule", NULL);
	} else {
		kf_json_number(&json, "stage", path->at + 1);
		kf_json_text(&json, "reason", at->verdict->why.reason
			     ? at->verdict->why.reason->slug : NULL);
		kf_json_text(&json, "rule", at->verdict->why.rule);
	}
	kf_json_open(&json, "stages", '[');
	for (size_t i = 0; i < path->num_stages; i++)
		stage_json(&json, show, path, i);
	kf_json_close(&json);
	kf_json_close(&json);
	kf_output_text(&show->render->out, "\n");
}
