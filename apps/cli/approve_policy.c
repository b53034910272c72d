/* A policy, signed by its custodians and by those of the version before it, and
 * asked whether it holds.
 */
#include "approve.h"
#include "say.h"

#include "jobs/approve/policy.h"

#include <inttypes.h>
#include <string.h>

/* change is a policy, and the version before it where one was given. */
struct change {
	struct kf_sealed sealed, old_sealed;
	struct kf_policy policy, old;
	struct kf_policy_signers signers;
	uint64_t old_own;
	bool has_old;
};

static bool within(struct kf_bytes text, const char *piece)
{
	return text.len && memmem(text.data, text.len, piece, strlen(piece));
}

/* kf_approve_is_policy: in its envelope, or bare as people write it. */
bool kf_approve_is_policy(struct kf_approve *a, struct kf_bytes text)
{
	struct kf_fault unread = { 0 };
	struct kf_sealed sealed;

	return kf_sealed_read(&sealed, text, KF_TYPE_POLICY, &a->work.env,
			      &unread) == KF_OK ||
	       (within(text, "\"keyfit_policy\"") &&
		!within(text, "\"payloadType\""));
}

/* read_new reads the policy; one that is bare gets its envelope. */
static enum kf_status read_new(struct change *c, struct kf_approve *a,
			       struct kf_bytes text, struct kf_fault *why)
{
	struct kf_env *env = &a->work.env;
	enum kf_status status;

	if (within(text, "\"payloadType\""))
		return kf_policy_open(&c->policy, &c->sealed, &c->signers.own,
				      text, env, why);
	c->sealed.dsse.type = kf_text(KF_TYPE_POLICY);
	c->sealed.dsse.payload = text;
	status = kf_hash_of(&c->sealed.sha256, text, a->crypto);
	if (status == KF_OK)
		status = kf_policy_read(&c->policy, text, env, why);
	return status;
}

static int read_change(struct change *c, struct kf_approve *a,
		       struct kf_bytes text)
{
	const char *path = kf_argument(a->arguments, "policy");
	const char *subject = a->arguments->operand[0];
	struct kf_fault why = { 0 };
	enum kf_status done = read_new(c, a, text, &why);
	int status = KF_EXIT_FITS;

	if (done == KF_OK && path) {
		subject = path;
		status = kf_approve_read(&text, a, path);
		if (status != KF_EXIT_FITS)
			return status;
		done = kf_policy_open(&c->old, &c->old_sealed, &c->old_own,
				      text, &a->work.env, &why);
		c->has_old = true;
	}
	if (done == KF_OK && path)
		done = kf_sealed_signers(&c->signers.old, &c->sealed, &c->old,
					 &a->work.env);
	return done == KF_OK ? KF_EXIT_FITS
			     : kf_say_failure(subject, done, &why);
}

static enum kf_ruling rule(const struct change *c)
{
	enum kf_ruling ruling = KF_RULED_ALLOWED;

	if (c->has_old)
		ruling = kf_policy_own(&c->old, c->old_own);
	if (ruling != KF_RULED_ALLOWED)
		return ruling;
	/* Of a later version by itself, no more than this can be told. */
	if (!c->has_old && c->policy.version > 1)
		return kf_policy_own(&c->policy, c->signers.own);
	return kf_policy_decide(&c->policy, c->has_old ? &c->old : NULL,
				&c->signers);
}

/* person_of finds who signs, among its own people and the old ones. */
static const struct kf_person *person_of(const struct kf_policy *p,
					 const char *name)
{
	for (size_t i = 0; i < p->num_people; i++)
		if (strcmp(p->person[i].name, name) == 0 &&
		    kf_may(p->person[i].roles, KF_MAY_CHANGE_POLICY))
			return &p->person[i];
	return NULL;
}

int kf_approve_change(struct kf_approve *a, struct kf_bytes text)
{
	static struct change c;
	const struct kf_person *person = NULL;
	const char *name;
	bool done = false;
	int status = read_change(&c, a, text);

	if (status == KF_EXIT_FITS)
		status = kf_approve_option(&name, a, "as", "who are you?");
	if (status != KF_EXIT_FITS)
		return status;
	person = person_of(&c.policy, name);
	if (!person && c.has_old)
		person = person_of(&c.old, name);
	if (!person) {
		kf_say(name, "is no custodian of this policy, nor of the one before",
		       NULL);
		return KF_EXIT_NOT;
	}
	status = kf_approve_signature(&c.sealed, &done, a, person);
	if (status == KF_EXIT_FITS && !done)
		status = kf_approve_seal(a, &c.sealed);
	if (status == KF_EXIT_FITS) {
		kf_output_text(&a->out, "policy   ");
		kf_output_hex(&a->out, kf_hash_view(&c.policy.sha256));
		kf_output_print(&a->out, ", version %" PRIu64 "\n",
				c.policy.version);
	}
	return status;
}

static void show_signers(struct kf_output *out, const struct kf_policy *p,
			 uint64_t signers, const char *of)
{
	kf_output_print(out, "  signed   by %u custodians needed of %s:",
			p->change.approvals, of);
	for (size_t i = 0; i < p->num_people; i++)
		if (signers >> i & 1 &&
		    kf_may(p->person[i].roles, KF_MAY_CHANGE_POLICY)) {
			kf_output_text(out, " ");
			kf_output_shown(out, kf_text(p->person[i].name));
		}
	kf_output_text(out, "\n");
}

static void json_change(struct kf_approve *a, const struct change *c,
			enum kf_ruling ruling)
{
	struct kf_json json = { .out = &a->out };

	kf_json_open(&json, NULL, '{');
	kf_json_hex(&json, "policy_sha256", kf_hash_view(&c->policy.sha256));
	kf_json_foreign(&json, "name", kf_text(c->policy.name));
	kf_json_number(&json, "version", c->policy.version);
	kf_json_yes_no(&json, "follows_known", c->has_old ||
		       c->policy.version == 1);
	kf_json_text(&json, "ruling", kf_ruling_slug(ruling));
	kf_json_close(&json);
	kf_output_text(&a->out, "\n");
}

int kf_approve_change_check(struct kf_approve *a, struct kf_bytes text)
{
	static struct change c;
	enum kf_ruling ruling;
	int status = read_change(&c, a, text);
	bool alone;

	if (status != KF_EXIT_FITS)
		return status;
	ruling = rule(&c);
	alone = !c.has_old && c.policy.version > 1;
	status = ruling != KF_RULED_ALLOWED ? KF_EXIT_NOT
		: alone ? KF_EXIT_UNKNOWN : KF_EXIT_FITS;
	if (a->as_json) {
		json_change(a, &c, ruling);
		return status;
	}
	kf_output_print(&a->out, "%s  ", status == KF_EXIT_FITS ? "HOLDS"
			: status == KF_EXIT_NOT ? "REFUSED" : "UNKNOWN");
	kf_output_shown(&a->out, kf_text(c.policy.name));
	kf_output_print(&a->out, ", version %" PRIu64 "\n  sha256   ",
			c.policy.version);
	kf_output_hex(&a->out, kf_hash_view(&c.policy.sha256));
	kf_output_text(&a->out, "\n");
	if (ruling != KF_RULED_ALLOWED)
		kf_output_print(&a->out, "  why      %s (%s)\n",
				kf_ruling_words(ruling),
				kf_ruling_slug(ruling));
	else if (alone)
		kf_output_text(&a->out, "  why      whether it follows the version before is not known: --policy OLD\n");
	show_signers(&a->out, &c.policy, c.signers.own, "its own");
	if (c.has_old)
		show_signers(&a->out, &c.old, c.signers.old, "the old one");
	return status;
}
