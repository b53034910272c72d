/* Tells what planned changes do: the conclusion first, then each change, what
 * stops and what begins, the order, the room, and the register that disks are
 * sealed to.
 */
#include "whatif.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const conclusions[] = {
	[KF_PLAN_UNKNOWN] = "unknown",
	[KF_PLAN_SAFE] = "safe",
	[KF_PLAN_REFUSED] = "refused",
	[KF_PLAN_STRANDS] = "strands",
};

/* takes_nothing tells whether a change stops no file, whatever it is: it adds
 * trust, turns verification off, or writes keys that no image is held
 * against. */
static bool takes_nothing(const struct kf_step *step)
{
	static const char *const more[] = { "db", "dbt", "mok" };
	const struct kf_change *c = step->change;

	if (step->answer == KF_REJECT || step->no_effect || !c->part ||
	    step->ends_user_mode || strcmp(c->part, "kek") == 0)
		return true;
	if (c->kind == KF_CHANGE_SETTING)
		return strcmp(c->word, "off") == 0;
	if (strcmp(c->part, "pk") == 0)
		return step->len_before;
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		if (strcmp(c->part, more[i]) == 0)
			return c->kind == KF_CHANGE_APPEND;
	return false;
}

/* blind: a change may stop files, and none was given to see. */
static bool blind(const struct kf_plan_shown *plan)
{
	const struct kf_whatif *w = plan->whatif;

	for (size_t i = 0; plan->num_units == 0 && i < w->num_steps; i++)
		if (!takes_nothing(&w->step[i]))
			return true;
	return false;
}

/* of_roms tells what becomes of option ROMs. */
static enum kf_answer of_roms(const struct kf_told *log)
{
	enum kf_answer answer = log->more_roms ? KF_UNDECIDED : KF_ACCEPT;

	for (size_t i = 0; i < log->num_roms; i++) {
		if (log->rom[i].answer == KF_REJECT)
			return KF_REJECT;
		if (log->rom[i].answer == KF_UNDECIDED)
			answer = KF_UNDECIDED;
	}
	return answer;
}

enum kf_conclusion kf_plan_conclusion(const struct kf_plan_shown *plan)
{
	enum kf_conclusion found = plan->whatif->conclusion;
	enum kf_answer roms = of_roms(&plan->told);

	if (roms == KF_REJECT)
		return KF_PLAN_STRANDS;
	if (found == KF_PLAN_SAFE && (roms == KF_UNDECIDED || blind(plan) ||
				      kf_lost_open(plan)))
		found = KF_PLAN_UNKNOWN;
	if (plan->room.known && !plan->room.fits && found != KF_PLAN_STRANDS)
		return KF_PLAN_REFUSED;
	return found;
}

/* named appends the files of a way to boot: "shimx64.efi > grubx64.efi". */
static void named(struct kf_output *out, const struct kf_whatif_path *path)
{
	const struct kf_chain_given *given = path->boots->given;
	const struct kf_chain_path *way = &path->boots->plan.path[path->index];

	for (size_t i = 0; i < way->num_stages; i++) {
		const struct kf_chain_stage *s = &way->stage[i];
		const struct kf_chain_file *f = s->file == KF_CHAIN_NO_FILE
			? NULL : &given->file[s->file];

		if (s->gate == KF_GATE_SELF || s->gate == KF_GATE_VERSION ||
		    s->gate == KF_GATE_INSIDE)
			continue;
		kf_output_text(out, i ? " > " : "");
		kf_output_text(out, !f ? s->missing : f->place ? f->place
			       : f->path);
	}
}

static const char *const right_words[KF_NUM_RIGHTS] = {
	[KF_RIGHT_NOBODY] = NULL,
	[KF_RIGHT_PK] = "by the platform key",
	[KF_RIGHT_KEK] = "by a key that kek lets",
	[KF_RIGHT_SETUP] = "without a signature, since there is no platform key",
	[KF_RIGHT_PK_HOLDER] = "once the holder of the platform key has signed it",
	[KF_RIGHT_KEK_HOLDER] = "once the holder of a key of kek, or of the platform key, has signed it",
	[KF_RIGHT_OWNER] = "with MokManager, by whoever stands before the machine; the firmware is not asked",
	[KF_RIGHT_SHIM] = "by shim, or whatever runs before the system does; the firmware is not asked",
	[KF_RIGHT_SCREEN] = "in the firmware's setup screen",
};

static void change_words(struct kf_output *out, const struct kf_step *step,
			 const struct kf_env *env)
{
	const struct kf_change *change = step->change;

	kf_output_print(out, "%s: ", kf_answer_name(step->answer));
	kf_output_text(out, change->text);
	if (change->part)
		kf_output_print(out, " (%s %s)",
				kf_change_kind_name(change->kind),
				change->part);
	if (right_words[step->right])
		kf_output_print(out, ", %s", right_words[step->right]);
	if (step->why.reason) {
		kf_output_text(out, ": ");
		kf_words_finding(out, &step->why, env);
	} else if (step->why.num_evidence) {
		struct kf_output allowed = { 0 };

		kf_words_allowed(&allowed, &step->why, env);
		if (allowed.len) {
			kf_output_text(out, ": ");
			kf_output_add(out, allowed.data, allowed.len);
		}
		out->failed |= allowed.failed;
		kf_output_close(&allowed);
	}
	if (step->why.rule)
		kf_output_print(out, " (%s)", step->why.rule);
	if (step->note)
		kf_output_print(out, "; %s", step->note);
	if (step->no_effect)
		kf_output_text(out, "; it changes nothing");
	if (step->ends_user_mode)
		kf_output_text(out, "; nothing is verified from then on, until there is a platform key again");
}

static void changes_text(struct kf_render *r, const struct kf_plan_shown *plan)
{
	const struct kf_whatif *w = plan->whatif;

	for (size_t i = 0; i < w->num_steps; i++) {
		struct kf_output words = { 0 };
		char label[32];

		snprintf(label, sizeof(label), "change %zu", i + 1);
		change_words(&words, &w->step[i], plan->env);
		kf_text_line(r, label, &words);
	}
}

/* seen_words tells why a way does not boot. */
static void seen_words(struct kf_output *out, const struct kf_seen *seen,
		       const struct kf_whatif_path *path,
		       const struct kf_env *env)
{
	const struct kf_chain_path *way = &path->boots->plan.path[path->index];

	if (!seen->why.reason)
		return;
	kf_output_text(out, ": ");
	if (way->num_stages > 1)
		kf_output_print(out, "stage %zu, ", seen->stage + 1);
	kf_words_finding(out, &seen->why, env);
	if (seen->why.rule)
		kf_output_print(out, " (%s)", seen->why.rule);
}

/* which is the sight that tells most about what becomes of a way. */
static const struct kf_seen *which(const struct kf_whatif_path *path)
{
	if (path->effect == KF_EFFECT_GAP)
		return &path->worst;
	if (path->effect == KF_EFFECT_STARTS)
		return &path->before;
	return path->after.answer == KF_ACCEPT
		? path->worst.answer == KF_UNDECIDED && path->step
		? &path->worst : &path->before : &path->after;
}

static void path_text(struct kf_render *r, const struct kf_plan_shown *plan,
		      const struct kf_whatif_path *path)
{
	const bool aside = path->boots->plan.path[path->index].aside;
	struct kf_output words = { 0 };

	named(&words, path);
	if (path->boots->media)
		kf_output_text(&words, " (a medium)");
	if (aside)
		kf_output_text(&words, " (when asked for)");
	if (path->effect == KF_EFFECT_GAP)
		kf_output_print(&words, " does not boot between changes, from change %zu on",
				path->step);
	else if (path->effect == KF_EFFECT_STOPS)
		kf_output_print(&words, " boots before, and does not from change %zu on",
				path->step);
	else if (path->effect == KF_EFFECT_STARTS)
		kf_output_text(&words, " boots after the changes; before them it does not");
	else
		kf_output_text(&words, " may boot or not");
	seen_words(&words, which(path), path, plan->env);
	kf_text_line(r, kf_effect_name(path->effect), &words);
}

static void paths_text(struct kf_render *r, const struct kf_plan_shown *plan)
{
	const struct kf_whatif *w = plan->whatif;

	for (size_t i = 0; i < w->num_paths; i++)
		if (w->path[i].effect != KF_EFFECT_NONE)
			path_text(r, plan, &w->path[i]);
	for (size_t i = 0; i < w->num_paths; i++) {
		const struct kf_whatif_path *path = &w->path[i];
		struct kf_output words = { 0 };

		if (path->effect != KF_EFFECT_NONE)
			continue;
		named(&words, path);
		if (path->boots->media)
			kf_output_text(&words, " (a medium)");
		kf_output_text(&words, path->after.answer == KF_ACCEPT
			       ? " boots, as before" : " does not boot, as before");
		seen_words(&words, &path->after, path, plan->env);
		kf_text_line(r, "same", &words);
	}
}

/* roms_text tells of option ROMs that do not start any more, or may not. */
static void roms_text(struct kf_render *r, const struct kf_plan_shown *plan)
{
	for (size_t i = 0; i < plan->told.num_roms; i++) {
		const struct kf_rom *rom = &plan->told.rom[i];
		struct kf_output words = { 0 };

		if (rom->answer == KF_ACCEPT)
			continue;
		kf_output_print(&words, "an option ROM (event %" PRIu32 " of the log, PCR 2) was started under ",
				rom->event);
		if (rom->certificate.len) {
			kf_output_text(&words, "\"");
			kf_words_certificate(&words, rom->certificate,
					     plan->env);
			kf_output_text(&words, "\"");
		} else {
			kf_output_text(&words, rom->authority.len
				       ? "a digest" : "one of several entries");
		}
		kf_output_text(&words, rom->answer == KF_REJECT
			       ? ", which db does not allow any more: its device stays without it (UEFI-74)"
			       : rom->authority.len
			       ? "; whether db and dbx still allow it cannot be told from the log (UEFI-74)"
			       : ", and not all of them are left (UEFI-74)");
		kf_text_line(r, rom->answer == KF_REJECT ? "stops"
			     : "unknown", &words);
	}
}

static void blind_text(struct kf_render *r, const struct kf_plan_shown *plan)
{
	struct kf_output words = { 0 };

	if (!blind(plan))
		return;
	kf_output_text(&words, "no file was given to see what stops to boot: --file PATH, --media PATH");
	kf_text_line(r, "unknown", &words);
}

static void order_text(struct kf_render *r, const struct kf_whatif *w)
{
	struct kf_output words = { 0 };

	if (!w->num_order && (!w->tried || w->num_steps < 2))
		return;
	if (!w->num_order) {
		kf_output_text(&words, "there is no order of these changes that is safe");
		kf_text_line(r, "order", &words);
		return;
	}
	kf_output_text(&words, "safe in this one:");
	for (size_t i = 0; i < w->num_order; i++) {
		const struct kf_change *c = w->step[w->order[i] - 1].change;

		kf_output_print(&words, "%s %s", i ? ", then" : "", c->text);
	}
	kf_text_line(r, "order", &words);
}

static void room_text(struct kf_render *r, const struct kf_plan_shown *plan)
{
	const struct kf_whatif *w = plan->whatif;
	const struct kf_room *room = &plan->room;
	struct kf_output words = { 0 };

	if (room->known && room->fits) {
		kf_output_print(&words, "%" PRIu64 " of %" PRIu64 " bytes, %" PRIu64 " before",
				room->needed, room->all, room->used);
	} else if (room->known) {
		kf_output_print(&words, "the changes do not fit into the %" PRIu64 " bytes that the device has for variables, of which %" PRIu64 " are taken",
				room->all, room->used);
	} else {
		for (size_t i = 0; i < w->num_steps; i++)
			if (w->step[i].len_after > w->step[i].len_before)
				kf_output_print(&words, "%s%s takes %" PRIu64 " bytes, %" PRIu64 " before",
						words.len ? "; " : "",
						w->step[i].change->part,
						w->step[i].len_after,
						w->step[i].len_before);
		if (!words.len && !words.failed)
			return;
		kf_output_text(&words, "; how much the device has left is not known");
	}
	kf_text_line(r, "space", &words);
}

/* sealed_text warns of what another value of PCR 7 does. */
static void sealed_text(struct kf_render *r, const char *title)
{
	struct kf_output words = { 0 };

	kf_output_text(&words, "warning: a key that is sealed to it is not given out then, and a disk asks for its recovery key, unless it is sealed to the new value in time");
	kf_text_line(r, title, &words);
}

static void register_text(struct kf_render *r, const struct kf_register *pcr)
{
	bool differs = false;
	char title[16];

	snprintf(title, sizeof(title), "PCR %u", pcr->number);
	for (size_t b = 0; b < pcr->num_banks; b++) {
		struct kf_output words = { 0 };

		if (!pcr->before[b].len)
			continue;
		kf_output_print(&words, "%s ", pcr->bank[b]);
		kf_output_hex(&words, kf_view(pcr->before[b].bytes,
					      pcr->before[b].len));
		kf_output_text(&words, " before, after the changes ");
		if (pcr->after[b].len)
			kf_output_hex(&words, kf_view(pcr->after[b].bytes,
						      pcr->after[b].len));
		else
			kf_output_print(&words, "unknown: %s", pcr->why);
		kf_text_line(r, title, &words);
		differs |= pcr->after[b].len &&
			   memcmp(pcr->before[b].bytes, pcr->after[b].bytes,
				  pcr->before[b].len) != 0;
	}
	if (differs && pcr->number == 7)
		sealed_text(r, title);
}

static void measured_text(struct kf_render *r,
			  const struct kf_plan_shown *plan)
{
	const struct kf_whatif *w = plan->whatif;
	struct kf_output words = { 0 };
	const char *part;
	enum kf_answer3 differs = kf_whatif_measured(&w->before.firmware,
						     &w->after.firmware,
						     &part);

	if (plan->told.asked)
		return;
	if (differs == KF_NO)
		kf_output_text(&words, "the variables that are measured into it stay as they are");
	else if (differs == KF_YES)
		kf_output_print(&words, "changes: %s is measured into it (--log LOG foretells its value)",
				part);
	else
		kf_output_print(&words, "may change: %s is measured into it, and not known",
				part);
	kf_text_line(r, "PCR 7", &words);
}

static void headline(struct kf_render *r, const struct kf_plan_shown *plan)
{
	static const struct {
		const char *word, *colour;
	} words[] = {
		[KF_PLAN_UNKNOWN] = { "UNKNOWN", "\033[1;33m" },
		[KF_PLAN_SAFE] = { "SAFE", "\033[1;32m" },
		[KF_PLAN_REFUSED] = { "REFUSED", "\033[1;31m" },
		[KF_PLAN_STRANDS] = { "STRANDS", "\033[1;31m" },
	};
	enum kf_conclusion found = kf_plan_conclusion(plan);
	size_t num = plan->whatif->num_steps;

	kf_output_print(&r->out, "%s%s%s  %zu change%s on ",
			r->colour ? words[found].colour : "",
			words[found].word, r->colour ? "\033[0m" : "", num,
			num == 1 ? "" : "s");
	kf_output_shown(&r->out, kf_text(plan->device->name));
	kf_output_print(&r->out, " (%s, %s)\n", plan->firmware->name,
			plan->update->name);
}

void kf_plan_text(struct kf_render *r, const struct kf_plan_shown *plan)
{
	const struct kf_whatif *w = plan->whatif;

	headline(r, plan);
	changes_text(r, plan);
	paths_text(r, plan);
	roms_text(r, plan);
	blind_text(r, plan);
	kf_lost_text(r, plan);
	order_text(r, w);
	room_text(r, plan);
	for (int i = 0; i < KF_NUM_FORETOLD; i++)
		register_text(r, &plan->told.pcr[i]);
	measured_text(r, plan);
}

/* finding writes a finding against a store. */
static void finding(struct kf_json *json, const struct kf_finding *f,
		    const struct kf_store *store, struct kf_env *env)
{
	static struct kf_device_verifier verifier;
	struct kf_pair pair = { .verifier = &verifier, .env = env };

	verifier.store = *store;
	kf_json_finding(json, f, &pair);
}

static void change_json(struct kf_json *json, const struct kf_step *step,
			const struct kf_plan_shown *plan)
{
	const struct kf_change *change = step->change;

	kf_json_open(json, NULL, '{');
	kf_json_foreign(json, "change", kf_text(change->text));
	kf_json_text(json, "kind", kf_change_kind_name(change->kind));
	kf_json_text(json, "part", change->part);
	kf_json_yes_no(json, "signed", change->update.len);
	kf_json_text(json, "verdict", kf_answer_name(step->answer));
	kf_json_text(json, "by", kf_right_name(step->right));
	finding(json, &step->why, &plan->whatif->before.firmware, plan->env);
	kf_json_text(json, "note", step->note);
	kf_json_yes_no(json, "no_effect", step->no_effect);
	kf_json_yes_no(json, "ends_user_mode", step->ends_user_mode);
	kf_json_number(json, "bytes_before", step->len_before);
	kf_json_number(json, "bytes_after", step->len_after);
	kf_json_close(json);
}

static void seen_json(struct kf_json *json, const char *name,
		      const struct kf_seen *seen, const struct kf_store *store,
		      struct kf_env *env)
{
	kf_json_open(json, name, '{');
	kf_json_text(json, "verdict", kf_answer_name(seen->answer));
	kf_json_text(json, "then", kf_then_name(seen->then));
	if (seen->answer == KF_ACCEPT)
		kf_json_text(json, "stage", NULL);
	else
		kf_json_number(json, "stage", seen->stage + 1);
	kf_json_text(json, "rules", seen->rules ? seen->rules->name : NULL);
	finding(json, &seen->why, store, env);
	kf_json_close(json);
}

static void path_json(struct kf_json *json, const struct kf_whatif_path *path,
		      const struct kf_plan_shown *plan)
{
	const struct kf_whatif *w = plan->whatif;
	struct kf_output words = { 0 };

	named(&words, path);
	kf_json_open(json, NULL, '{');
	kf_json_foreign(json, "path", kf_view(words.data, words.len));
	kf_json_text(json, "place", path->boots->media ? "medium"
						       : "installed");
	kf_json_yes_no(json, "aside",
		       path->boots->plan.path[path->index].aside);
	kf_json_text(json, "effect", kf_effect_name(path->effect));
	if (path->step)
		kf_json_number(json, "since_change", path->step);
	else
		kf_json_text(json, "since_change", NULL);
	seen_json(json, "before", &path->before, &w->before.shim, plan->env);
	seen_json(json, "after", &path->after, &w->after.shim, plan->env);
	if (path->step)
		seen_json(json, "first_refused", &path->worst, &w->after.shim,
			  plan->env);
	kf_json_close(json);
	json->out->failed |= words.failed;
	kf_output_close(&words);
}

static void roms_json(struct kf_json *json, const struct kf_plan_shown *plan)
{
	kf_json_open(json, "option_roms", '[');
	for (size_t i = 0; i < plan->told.num_roms; i++) {
		const struct kf_rom *rom = &plan->told.rom[i];
		struct kf_output name = { 0 };

		kf_json_open(json, NULL, '{');
		kf_json_number(json, "event", rom->event);
		if (rom->certificate.len)
			kf_words_certificate(&name, rom->certificate,
					     plan->env);
		if (name.len)
			kf_json_foreign(json, "authority",
					kf_view(name.data, name.len));
		else
			kf_json_text(json, "authority", NULL);
		kf_json_text(json, "after", kf_answer_name(rom->answer));
		json->out->failed |= name.failed;
		kf_output_close(&name);
		kf_json_close(json);
	}
	kf_json_close(json);
}

static void order_json(struct kf_json *json, const struct kf_whatif *w)
{
	if (!w->num_order) {
		kf_json_text(json, "safe_order", NULL);
		return;
	}
	kf_json_open(json, "safe_order", '[');
	for (size_t i = 0; i < w->num_order; i++)
		kf_json_number(json, NULL, w->order[i]);
	kf_json_close(json);
}

static void room_json(struct kf_json *json, const struct kf_room *room)
{
	if (!room->known) {
		kf_json_text(json, "space", NULL);
		return;
	}
	kf_json_open(json, "space", '{');
	kf_json_yes_no(json, "fits", room->fits);
	kf_json_number(json, "all", room->all);
	kf_json_number(json, "before", room->used);
	if (room->fits)
		kf_json_number(json, "after", room->needed);
	else
		kf_json_text(json, "after", NULL);
	kf_json_close(json);
}

static void values_json(struct kf_json *json, const char *name,
			const struct kf_register *pcr,
			const struct kf_digest *value)
{
	kf_json_open(json, name, '{');
	for (size_t b = 0; b < pcr->num_banks; b++)
		if (value[b].len)
			kf_json_hex(json, pcr->bank[b],
				    kf_view(value[b].bytes, value[b].len));
	kf_json_close(json);
}

static void foretold_json(struct kf_json *json, const struct kf_told *told,
			  int which)
{
	const struct kf_register *pcr = &told->pcr[which];

	if (!told->asked)
		return;
	kf_json_yes_no(json, "known", pcr->known);
	values_json(json, "before", pcr, pcr->before);
	values_json(json, "after", pcr, pcr->after);
}

static void register_json(struct kf_json *json,
			  const struct kf_plan_shown *plan)
{
	const struct kf_whatif *w = plan->whatif;
	const char *part;
	enum kf_answer3 differs = kf_whatif_measured(&w->before.firmware,
						     &w->after.firmware,
						     &part);

	kf_json_open(json, "pcr7", '{');
	if (differs == KF_NOT_ASKED)
		kf_json_text(json, "variables_change", NULL);
	else
		kf_json_yes_no(json, "variables_change", differs == KF_YES);
	foretold_json(json, &plan->told, KF_PCR_KEYS);
	kf_json_close(json);
	kf_json_open(json, "pcr4", '{');
	foretold_json(json, &plan->told, KF_PCR_FILES);
	kf_json_close(json);
}

void kf_plan_json(struct kf_render *r, const struct kf_plan_shown *plan)
{
	const struct kf_whatif *w = plan->whatif;
	struct kf_json json = { .out = &r->out };

	kf_json_open(&json, NULL, '{');
	kf_json_foreign(&json, "device", kf_text(plan->device->name));
	kf_json_text(&json, "rules", plan->firmware->name);
	kf_json_text(&json, "update_rules", plan->update->name);
	kf_json_text(&json, "conclusion",
		     conclusions[kf_plan_conclusion(plan)]);
	kf_json_open(&json, "changes", '[');
	for (size_t i = 0; i < w->num_steps; i++)
		change_json(&json, &w->step[i], plan);
	kf_json_close(&json);
	kf_json_open(&json, "files", '[');
	for (size_t i = 0; i < w->num_paths; i++)
		path_json(&json, &w->path[i], plan);
	kf_json_close(&json);
	kf_lost_json(&json, plan);
	roms_json(&json, plan);
	order_json(&json, w);
	room_json(&json, &plan->room);
	register_json(&json, plan);
	kf_json_close(&json);
	kf_output_text(&r->out, "\n");
}
