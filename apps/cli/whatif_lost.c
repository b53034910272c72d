/* Tells which certificates the changes take out of what is trusted, what was
 * started under them, and which have a successor that is not there either.
 */
#include "event_words.h"
#include "whatif.h"

#include <inttypes.h>

bool kf_lost_open(const struct kf_plan_shown *plan)
{
	const struct kf_losses *losses = &plan->whatif->losses;

	for (size_t i = 0; i < losses->num && plan->told.asked; i++)
		if (plan->told.user[i].user.event && !plan->told.user[i].given)
			return true;
	return losses->more;
}

static void hazard_text(struct kf_render *r, const struct kf_hazard *h)
{
	struct kf_output words = { 0 };

	kf_output_print(&words, h->dropped
			? "change %zu takes \"%s\" out of db, which lacks its successor \"%s\" too"
			: "change %zu revokes \"%s\" while db lacks its successor \"%s\"",
			h->step, h->published->follows, h->published->name);
	if (h->mended)
		kf_output_text(&words, ", which comes later: between the two nothing under either of them boots");
	else if (h->dropped)
		kf_output_text(&words, ": one of the two has to be in the new db");
	else
		kf_output_print(&words, ": %s brings that, and has to come first",
				h->published->file);
	kf_text_line(r, h->mended ? "order" : "strands", &words);
}

/* user_words tells what the log says of a certificate's use. */
static void user_words(struct kf_output *out, const struct kf_told_user *told)
{
	const struct kf_user *user = &told->user;

	if (!user->event) {
		kf_output_text(out, ": the log tells of nothing that needed it first");
		return;
	}
	kf_output_text(out, ": ");
	if (!kf_event_path(out, user->data))
		kf_output_text(out, user->driver ? "a driver" : "an image");
	kf_output_print(out, " (event %" PRIu32 " of the log) was started under it",
			user->event);
	if (!told->given)
		kf_output_text(out, ", and was not given: whether it still starts is not known without it (--file PATH)");
}

static void lost_text(struct kf_render *r, const struct kf_plan_shown *plan,
		      size_t index)
{
	const struct kf_lost *lost = &plan->whatif->losses.lost[index];
	struct kf_output words = { 0 };

	kf_output_text(&words, "\"");
	kf_words_certificate(&words, lost->certificate, plan->env);
	kf_output_print(&words, "\" lets nothing start from change %zu on",
			lost->step);
	if (plan->told.asked)
		user_words(&words, &plan->told.user[index]);
	else
		kf_output_text(&words, ": the log of a boot tells what was started under it (--log LOG)");
	kf_text_line(r, "lost", &words);
}

void kf_lost_text(struct kf_render *r, const struct kf_plan_shown *plan)
{
	const struct kf_whatif *w = plan->whatif;

	for (size_t i = 0; i < w->losses.num; i++)
		lost_text(r, plan, i);
	for (size_t i = 0; i < w->num_hazards; i++)
		hazard_text(r, &w->hazard[i]);
}

static void hazard_json(struct kf_json *json, const struct kf_hazard *h)
{
	kf_json_open(json, NULL, '{');
	kf_json_number(json, "change", h->step);
	kf_json_text(json, "revokes", h->published->follows);
	kf_json_yes_no(json, "dropped", h->dropped);
	kf_json_text(json, "successor", h->published->name);
	kf_json_text(json, "update", h->published->file);
	kf_json_yes_no(json, "comes_later", h->mended);
	kf_json_close(json);
}

/* foreign writes words that may hold anything, or null. */
static void foreign(struct kf_json *json, const char *name,
		    struct kf_output *words)
{
	if (words->len)
		kf_json_foreign(json, name, kf_view(words->data, words->len));
	else
		kf_json_text(json, name, NULL);
	json->out->failed |= words->failed;
	kf_output_close(words);
}

static void user_json(struct kf_json *json, const struct kf_told_user *told)
{
	struct kf_output path = { 0 };

	if (!told->user.event) {
		kf_json_text(json, "used_by", NULL);
		return;
	}
	(void)kf_event_path(&path, told->user.data);
	kf_json_open(json, "used_by", '{');
	kf_json_number(json, "event", told->user.event);
	foreign(json, "path", &path);
	kf_json_yes_no(json, "given", told->given);
	kf_json_close(json);
}

static void lost_json(struct kf_json *json, const struct kf_plan_shown *plan,
		      size_t index)
{
	const struct kf_lost *lost = &plan->whatif->losses.lost[index];
	struct kf_output name = { 0 };
	struct kf_digest sha256;

	kf_digest_of(&sha256, plan->env->crypto, KF_SHA256, lost->certificate);
	kf_words_certificate(&name, lost->certificate, plan->env);
	kf_json_open(json, NULL, '{');
	foreign(json, "certificate", &name);
	kf_json_hex(json, "sha256", kf_view(sha256.bytes, sha256.len));
	kf_json_number(json, "change", lost->step);
	user_json(json, &plan->told.user[index]);
	kf_json_close(json);
}

void kf_lost_json(struct kf_json *json, const struct kf_plan_shown *plan)
{
	const struct kf_whatif *w = plan->whatif;

	kf_json_open(json, "hazards", '[');
	for (size_t i = 0; i < w->num_hazards; i++)
		hazard_json(json, &w->hazard[i]);
	kf_json_close(json);
	kf_json_open(json, "lost", '[');
	for (size_t i = 0; i < w->losses.num; i++)
		lost_json(json, plan, i);
	kf_json_close(json);
}
