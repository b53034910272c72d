/* keyfit plan: in which order are keys changed so that no device is stranded?
 *
 * Writes to no device. What a plan says of devices is proven over all that they
 * may do, or said not to be.
 */
#include "plan.h"

#include "ask.h"
#include "say.h"

#include "host/replace.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	WORK_LEN = 64 << 20,	/* one verdict, with a whole chain */
	KEEP_LEN = 192 << 20,	/* tables, stores; what is not used is never
				 * touched */
	STATES_MAX = 1 << 18,	/* of one class */
};

static const struct kf_option options[] = {
	{ "output", KF_VALUE_FILE, "FILE", false,
	  "write the plan, and what it was proven with, into a file" },
	KF_ASK_FLEET,
	{ "phase", KF_VALUE_ANY, "NUMBER", false,
	  "status: the phase of the plan that is now" },
	{ "at", KF_VALUE_ANY, "TIME", false,
	  "start at another time: 2028-05-15, 2028-05-15T12:00:00Z, @SECONDS" },
	{ "json", KF_VALUE_NONE, NULL, false, "one JSON object" },
	{ NULL, KF_VALUE_NONE, NULL, false, NULL },
};

static const char *const examples[] = {
	"keyfit plan make goal.json --output plan.json",
	"keyfit plan check plan.json",
	"keyfit plan status plan.json --fleet fleet.db --phase 2",
	NULL,
};

/* write_plan writes a plan's file, which names the goal as seen from there. */
static int write_plan(struct kf_planning *p, const char *path)
{
	const char *slash = strrchr(p->path, '/');
	const char *folder = strrchr(path, '/');
	bool beside = (size_t)(slash ? slash - p->path : 0) ==
		      (size_t)(folder ? folder - path : 0) &&
		      strncmp(p->path, path, slash ? (size_t)(slash - p->path)
			      : 0) == 0;
	char *whole = beside ? NULL : realpath(p->path, NULL);
	struct kf_output out = { 0 };
	struct kf_json json = { .out = &out };
	struct kf_fault why = { 0 };
	struct kf_bytes bytes;
	struct kf_source source;
	enum kf_status status = KF_NO_MEMORY;

	kf_json_open(&json, NULL, '{');
	kf_json_text(&json, "goal", whole ? whole : slash ? slash + 1
		     : p->path);
	kf_plan_write(p, &json, &p->plan);
	kf_json_open(&json, "proof", '{');
	kf_plan_inputs_json(p, &json);
	kf_json_close(&json);
	kf_json_close(&json);
	kf_output_text(&out, "\n");
	free(whole);
	if (!out.failed) {
		bytes = kf_view((const uint8_t *)out.data, out.len);
		source = kf_bytes_source(&bytes);
		kf_work_again(&p->work, out.len);
		status = kf_replace(path, &source, NULL, &p->work.env, &why);
	}
	kf_output_close(&out);
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(path, status, &why);
}

/* no_plan: none was found; whom none saves is told all the same. */
static int no_plan(struct kf_planning *p)
{
	enum kf_found found = p->made.found;
	int status;

	if (p->json) {
		struct kf_json json = { .out = &p->render.out };

		kf_json_open(&json, NULL, '{');
		kf_json_text(&json, "conclusion", "not-proven");
		kf_json_number(&json, "plans", p->made.num_tries);
		kf_json_close(&json);
		kf_output_text(&p->render.out, "\n");
		status = kf_put_answer(&p->render.out);
		return status == KF_EXIT_FITS ? KF_EXIT_UNKNOWN : status;
	}
	kf_output_print(&p->render.out, "NOT PROVEN  no safe plan was found\n");
	kf_plan_line(p, "unknown", found == KF_FOUND_TOO_LARGE
	     ? "there are more states than can be looked at"
	     : found == KF_FOUND_TOO_MANY
	     ? "it takes more steps than keyfit goes: write a plan, and ask keyfit plan check, or plan fewer releases and updates at a time"
	     : "no plan of up to three phases is safe for all classes together: plan them apart");
	status = kf_plan_lost(p);
	if (status == KF_EXIT_FITS)
		status = kf_put_answer(&p->render.out);
	return status == KF_EXIT_FITS ? KF_EXIT_UNKNOWN : status;
}

/* published is the set of updates that the plan offers. */
static uint32_t published(const struct kf_planning *p)
{
	uint32_t set = 0;

	for (size_t i = 0; i < p->rotation.num_updates; i++)
		set |= (uint32_t)p->plan.update[i].published << i;
	return set;
}

/* aims tells what each class can be saved from, as far as that was asked. */
static enum kf_status aims(struct kf_planning *p, enum kf_proven *best)
{
	enum kf_status status = kf_room_open(&p->room, STATES_MAX,
					     &p->keep.arena);

	p->aims = p->rotation;
	for (size_t i = 0; i < p->rotation.num_classes; i++)
		best[i] = KF_PROVEN_NOT;
	if (status != KF_OK || p->is_narrow)
		return status;
	p->room.steps = kf_plan_limits.max_steps;
	status = kf_plan_aims(&p->aims, best, &p->rotation, &p->room,
			      &p->keep.arena);
	p->room.steps = UINT64_MAX;
	return status;
}

/* ready asks all verifiers, and what each class can be saved from. Where there
 * are too many trusts, those that a `given` plan leads to may be few. */
static int ready(struct kf_planning *p, bool given)
{
	enum kf_proven best[KF_ROTATION_CLASSES_MAX];
	const char *large;
	int status = kf_plan_fill(p, UINT32_MAX, &large);
	enum kf_status room;

	if (status == KF_EXIT_FITS && large && given) {
		p->is_narrow = true;
		status = kf_plan_fill(p, published(p), &large);
	}

	if (status != KF_EXIT_FITS)
		return status;
	if (large) {
		kf_say(large, "its devices can come to trust in more ways than can be looked at: not proven",
		       given ? "plan fewer updates at a time"
		       : "write a plan that publishes fewer updates, and ask keyfit plan check, or plan fewer of them at a time");
		return KF_EXIT_UNKNOWN;
	}
	room = aims(p, best);
	if (room != KF_OK || !kf_rotation_sound(&p->rotation))
		return kf_say_failure(NULL, KF_NO_MEMORY,
				      &(struct kf_fault){ 0 });
	for (size_t i = 0; i < p->rotation.num_classes; i++)
		p->class_[i].best = best[i];
	return KF_EXIT_FITS;
}

/* is_moot: no device of any class accepts the key that is to retire, today. */
static bool is_moot(const struct kf_planning *p)
{
	for (size_t i = 0; i < p->rotation.num_classes; i++)
		if (p->table[i].retired[p->table[i].trust] != KF_ACCEPT)
			return false;
	return p->rotation.retires;
}

/* ask_moot: what is refused by all from the start is retired already, or is not
 * what signs: a root may be trusted, and sign nothing itself. */
static int ask_moot(const struct kf_planning *p, bool made)
{
	if (!is_moot(p))
		return KF_EXIT_FITS;
	kf_say(p->retire_text, "no class accepts what this signs even before the plan",
	       "give the certificate that signs, and behind it those that issued it");
	return made ? KF_EXIT_USAGE : KF_EXIT_FITS;
}

/* conclude proves the plan and, where it was asked for, writes it with what it
 * was proven with. One that was given has to be safe for that. */
static int conclude(struct kf_planning *p, const char *output, bool found)
{
	int status = kf_plan_conclude(p, &p->plan, found), written;

	if (!output || status == KF_EXIT_FAULT || status == KF_EXIT_USAGE)
		return status;
	if (!found && status != KF_EXIT_FITS) {
		kf_say(output, "is not written: the plan is not proven to be safe", NULL);
		return status;
	}
	written = write_plan(p, output);
	return written == KF_EXIT_FITS ? status : written;
}

static int run_make(struct kf_planning *p, const char *output)
{
	enum kf_status made;
	int status = ready(p, false);

	if (status == KF_EXIT_FITS)
		status = ask_moot(p, true);
	if (status != KF_EXIT_FITS)
		return status;
	made = kf_plan_make(&p->made, &p->aims, &kf_plan_limits, &p->room,
			    &p->keep.arena);
	if (made != KF_OK)
		return kf_say_failure(NULL, made, &(struct kf_fault){ 0 });
	if (p->made.found != KF_FOUND)
		return no_plan(p);
	p->plan = p->made.plan;
	return conclude(p, output, true);
}

static int run_check(struct kf_planning *p, const char *output, bool has_plan)
{
	int status;

	if (!has_plan) {
		kf_say(p->path, "has no plan in it",
		       "keyfit plan make writes one: --output FILE");
		return KF_EXIT_USAGE;
	}
	if (p->phase >= p->plan.num_phases) {
		kf_say(p->path, "has not so many phases", NULL);
		return KF_EXIT_USAGE;
	}
	for (size_t i = 0; i < p->rotation.num_classes; i++)
		p->table[i].phase = (uint8_t)p->phase;
	status = ready(p, true);
	if (status == KF_EXIT_FITS)
		status = ask_moot(p, false);
	return status == KF_EXIT_FITS ? conclude(p, output, false) : status;
}

/* verb is what is to be done. */
static int verb(bool *check, struct kf_planning *p,
		const struct kf_arguments *arguments)
{
	const char *word = arguments->num_operands ? arguments->operand[0]
						   : "";
	const char *phase = kf_argument(arguments, "phase");
	char *end = NULL;

	p->tells_now = strcmp(word, "status") == 0;
	*check = p->tells_now || strcmp(word, "check") == 0;
	if (arguments->num_operands != 2 ||
	    (!*check && strcmp(word, "make") != 0)) {
		kf_say(NULL, "say what to do, and with which file",
		       "keyfit plan make GOAL.json, keyfit plan check PLAN.json, keyfit plan status PLAN.json");
		return KF_EXIT_USAGE;
	}
	p->phase = phase ? strtoul(phase, &end, 10) : 1;
	if (p->phase >= 1 && p->phase <= KF_ROTATION_PHASES_MAX &&
	    (!end || (*end == '\0' && p->tells_now))) {
		p->phase--;
		return KF_EXIT_FITS;
	}
	kf_say(phase, "is no phase", "status: --phase 1 to 8");
	return KF_EXIT_USAGE;
}

/* start gets memory and OpenSSL. */
static int start(struct kf_planning *p, const struct kf_arguments *arguments)
{
	struct kf_fault why = { 0 };
	enum kf_status status;

	p->json = kf_argument(arguments, "json");
	if (kf_argument_time(&p->date_s[0], arguments) != KF_EXIT_FITS)
		return KF_EXIT_USAGE;
	p->crypto = kf_openssl_open(&why);
	if (!p->crypto)
		return kf_say_failure(NULL, KF_NO_CRYPTO, &why);
	status = kf_work_open(&p->work, WORK_LEN, p->crypto, p->date_s[0],
			      &why);
	if (status == KF_OK)
		status = kf_work_open(&p->keep, KEEP_LEN, p->crypto,
				      p->date_s[0], &why);
	if (!p->json)
		kf_render_terminal(&p->render);
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(NULL, status, &why);
}

static int run(const struct kf_arguments *arguments)
{
	static struct kf_planning p;
	bool check, has_plan = false;
	int status = verb(&check, &p, arguments);

	if (status == KF_EXIT_FITS)
		status = start(&p, arguments);
	if (status == KF_EXIT_FITS && kf_argument(arguments, "fleet"))
		status = kf_ask_fleet(&p.fleet, arguments, KF_DB_READ,
				      p.crypto);
	if (status == KF_EXIT_FITS)
		status = kf_plan_read(&p, arguments->operand[1], &has_plan);
	if (status == KF_EXIT_FITS)
		status = check
			? run_check(&p, kf_argument(arguments, "output"),
				    has_plan)
			: run_make(&p, kf_argument(arguments, "output"));
	kf_plan_forget(&p);
	kf_plan_files_close(&p);
	kf_plan_others_close(&p);
	kf_plan_inputs_close(&p);
	kf_plan_close(&p);
	kf_fleet_close(p.fleet);
	kf_output_close(&p.render.out);
	kf_work_close(&p.keep);
	kf_work_close(&p.work);
	kf_openssl_close(p.crypto);
	return status;
}

const struct kf_command kf_cmd_plan = {
	.operands = "make|check|status FILE",
	.operand_kind = KF_VALUE_FILE,
	.max_operands = 2,
	.options = options,
	.examples = examples,
	.run = run,
};
