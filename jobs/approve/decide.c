/* Rules on a request: each step in its order, and the first no is the ruling.
 * Approvals are ruled one by one all the same.
 */
#include "decide.h"

#include <string.h>

enum { WEEK_MINUTES = 7 * 24 * 60 };

static int64_t now_of(const struct kf_case *c)
{
	/* A clock that is a little behind does not make anything younger. */
	return c->history && c->history->last_s > c->now_s
	       ? c->history->last_s : c->now_s;
}

static bool stops(const struct kf_case *c)
{
	return c->request->action != KF_ACTION_SIGN;
}

static const struct kf_person *person_of(const struct kf_policy *p, size_t n)
{
	return n < p->num_people ? &p->person[n] : NULL;
}

static const struct kf_ruled_key *key_of(const struct kf_policy *p,
					 const struct kf_hash *spki)
{
	for (size_t i = 0; i < p->num_keys; i++)
		if (kf_hash_same(&p->key[i].spki, spki))
			return &p->key[i];
	return NULL;
}

static enum kf_ruling rule_policy(const struct kf_case *c)
{
	const struct kf_policy *p = c->policy;
	const struct kf_history *h = c->history;

	if (!kf_hash_same(&c->request->policy, &p->sha256))
		return KF_RULED_POLICY_OTHER;
	if (h && (!h->has_policy || !kf_hash_same(&h->policy, &p->sha256)))
		return KF_RULED_POLICY_NOT_ADOPTED;
	if (h && h->last_s > c->now_s + KF_CLOCK_SLACK_S)
		return KF_RULED_CLOCK_BACK;
	/* Whoever lets a policy end can still stop what goes wrong. */
	if (p->expires_s && now_of(c) >= p->expires_s && !stops(c))
		return KF_RULED_POLICY_EXPIRED;
	return KF_RULED_NONE;
}

static enum kf_ruling rule_requester(const struct kf_case *c)
{
	const struct kf_request *r = c->request;
	const struct kf_person *who = person_of(c->policy, r->signer);

	if (!who || !kf_same(who->name, r->requester))
		return KF_RULED_REQUEST_UNSIGNED;
	if (!kf_may(who->roles, stops(c) ? KF_MAY_ASK_STOP : KF_MAY_ASK_SIGN))
		return KF_RULED_REQUESTER_ROLE;
	if (now_of(c) >= r->expires_s)
		return KF_RULED_REQUEST_EXPIRED;
	return KF_RULED_NONE;
}

static bool listed(const char *const *list, const char *name)
{
	for (; list && *list; list++)
		if (strcmp(*list, "*") == 0 || kf_same(*list, name))
			return true;
	return false;
}

static enum kf_ruling rule_key(const struct kf_case *c)
{
	const struct kf_request *r = c->request;
	const struct kf_ruled_key *k = key_of(c->policy, &r->key);

	if (!k)
		return KF_RULED_KEY_UNKNOWN;
	if (k->environment != r->environment)
		return KF_RULED_ENVIRONMENT;
	if (stops(c))
		return KF_RULED_NONE;
	if (!listed(k->product, r->product))
		return KF_RULED_PRODUCT;
	return listed(k->format, r->format) ? KF_RULED_NONE
					    : KF_RULED_FORMAT;
}

bool kf_same_payload(const struct kf_of_artifact *a,
		     const struct kf_of_artifact *b)
{
	return a->kind == b->kind && kf_hash_same(&a->sha256, &b->sha256);
}

/* rule_signing: who asks has worked the payload out, and is not believed. Of an
 * update of a variable, what it is for stands outside the artifact: by it a key
 * that trusts becomes one that is refused, and by a late time no other update
 * is taken any more. */
static enum kf_ruling rule_signing(const struct kf_process *p,
				   const struct kf_request *r)
{
	if (!kf_same_payload(&p->payload, &r->payload))
		return KF_RULED_PAYLOAD_OTHER;
	if (!kf_same(p->format, r->format))
		return KF_RULED_FORMAT_OTHER;
	if (!p->variable && !r->variable)
		return KF_RULED_NONE;
	return kf_same(p->variable, r->variable) && p->append == r->append &&
	       p->at_s == r->at_s ? KF_RULED_NONE : KF_RULED_VARIABLE_OTHER;
}

static enum kf_ruling rule_process(const struct kf_case *c)
{
	const struct kf_process *p = c->process;
	const struct kf_request *r = c->request;
	const struct kf_person *who = NULL;

	if (!p)
		return KF_RULED_NONE;
	for (size_t i = 0; i < c->policy->num_people; i++)
		if (kf_same(c->policy->person[i].name, p->operated_by))
			who = &c->policy->person[i];
	if (p->action != r->action)
		return KF_RULED_ACTION_OTHER;
	if (!who || !kf_may(who->roles, stops(c) ? KF_MAY_RUN_STOP
						 : KF_MAY_RUN_SIGN))
		return KF_RULED_OPERATOR_ROLE;
	if (p->environment != r->environment)
		return KF_RULED_ENVIRONMENT_OTHER;
	if (!kf_hash_same(&p->key, &r->key))
		return KF_RULED_KEY_OTHER;
	if (!kf_hash_same(&p->artifact, &r->artifact) ||
	    p->artifact_len != r->artifact_len)
		return KF_RULED_ARTIFACT_OTHER;
	return stops(c) ? KF_RULED_NONE : rule_signing(p, r);
}

/* stopped tells whether a key was halted or revoked. A halt ends with the next
 * policy, a revocation never. */
static enum kf_ruling stopped(const struct kf_case *c)
{
	const struct kf_history *h = c->history;
	enum kf_ruling ruling = KF_RULED_NONE;

	for (size_t i = 0; i < h->num_past; i++) {
		const struct kf_past *p = &h->past[i];

		if (!kf_hash_same(&p->key, &c->request->key) ||
		    p->state == KF_PAST_FAILED)
			continue;
		if (p->action == KF_ACTION_REVOKE)
			return KF_RULED_KEY_REVOKED;
		if (p->action == KF_ACTION_HALT &&
		    p->policy_version >= c->policy->version)
			ruling = KF_RULED_KEY_HALTED;
	}
	return ruling;
}

/* used counts the signatures of the key in its time, without one that is taken
 * up again. */
static uint64_t used(const struct kf_case *c, const struct kf_ruled_key *k)
{
	const struct kf_history *h = c->history;
	int64_t now_s = now_of(c);
	uint64_t num = 0;

	for (size_t i = 0; i < h->num_past; i++) {
		const struct kf_past *p = &h->past[i];

		num += p->action == KF_ACTION_SIGN &&
		       p->state != KF_PAST_FAILED &&
		       kf_hash_same(&p->key, &k->spki) &&
		       !kf_hash_same(&p->request, &c->request->sha256) &&
		       (uint64_t)(now_s - p->time_s) < k->rate_s;
	}
	return num;
}

static enum kf_ruling rule_history(const struct kf_case *c)
{
	const struct kf_ruled_key *k = key_of(c->policy, &c->request->key);
	const struct kf_history *h = c->history;
	enum kf_ruling ruling;

	if (!h)
		return KF_RULED_NONE;
	for (size_t i = 0; i < h->num_past; i++)
		if (kf_hash_same(&h->past[i].request, &c->request->sha256) &&
		    h->past[i].state == KF_PAST_DONE)
			return KF_RULED_REQUEST_SPENT;
	if (stops(c))
		return KF_RULED_NONE;
	ruling = stopped(c);
	if (ruling == KF_RULED_NONE && k->rate && used(c, k) >= k->rate)
		ruling = KF_RULED_RATE;
	return ruling;
}

/* in_window: the week starts on Monday; 1970 did on a Thursday. */
static bool in_window(const struct kf_window *w, int64_t now_s)
{
	int64_t minute = (now_s / 60 + 3 * 24 * 60) % WEEK_MINUTES;

	for (int day = 0; day < 7; day++) {
		int64_t from = day * 24 * 60 + (int64_t)w->from_minute;
		int64_t since = (minute - from + 2 * WEEK_MINUTES) %
				WEEK_MINUTES;

		if (w->days >> day & 1 && since < w->minutes)
			return true;
	}
	return false;
}

/* is_about tells whether a rebuild has an artifact among what it made: the very
 * file, or what is in it without signatures. */
static bool is_about(const struct kf_rebuild *b, const struct kf_agreeing *a)
{
	for (size_t i = 0; i < b->num_subjects; i++) {
		const struct kf_of_artifact *s = &b->subject[i];

		if (kf_same_payload(s, &a->payload) ||
		    (s->kind == KF_PAYLOAD_FILE &&
		     kf_hash_same(&s->sha256, &a->artifact)))
			return true;
	}
	return false;
}

/* of_group tells whether one of some people is of a group. */
static bool of_group(const struct kf_policy *p, uint64_t people,
		     const char *group)
{
	for (size_t i = 0; i < p->num_people; i++)
		if (people >> i & 1 && kf_same(p->person[i].group, group))
			return true;
	return false;
}

/* rule_rebuild rules one: who builds for whoever asks is not independent of
 * them, nor are two of one group of each other. */
static enum kf_ruling rule_rebuild(const struct kf_agreeing *a,
				   const struct kf_rebuild *b,
				   uint64_t counted)
{
	const struct kf_policy *p = a->policy;
	const struct kf_person *who = person_of(p, b->signer);
	uint64_t asks = 0;

	if (b->malformed)
		return KF_RULED_NO_PROVENANCE;
	if (!who)
		return KF_RULED_SIGNER_UNKNOWN;
	if (!kf_may(who->roles, KF_MAY_REBUILD))
		return KF_RULED_BUILDER_ROLE;
	if (!is_about(b, a))
		return KF_RULED_OTHER_PAYLOAD;
	for (size_t i = 0; a->requester && i < p->num_people; i++)
		if (kf_same(p->person[i].name, a->requester))
			asks |= UINT64_C(1) << i;
	if (of_group(p, asks, who->group))
		return KF_RULED_OWN_GROUP;
	if (counted >> b->signer & 1)
		return KF_RULED_BUILDER_TWICE;
	return of_group(p, counted, who->group) ? KF_RULED_GROUP_TWICE
						: KF_RULED_COUNTS;
}

unsigned kf_rebuilds_decide(enum kf_ruling out[KF_REBUILDS_MAX],
			    const struct kf_agreeing *a)
{
	uint64_t counted = 0;
	unsigned num = 0;

	for (size_t i = 0; i < a->num && i < KF_REBUILDS_MAX; i++) {
		out[i] = rule_rebuild(a, &a->rebuild[i], counted);
		if (out[i] != KF_RULED_COUNTS)
			continue;
		counted |= UINT64_C(1) << a->rebuild[i].signer;
		num++;
	}
	return num;
}

static enum kf_ruling rule_time(const struct kf_case *c)
{
	const struct kf_ruled_key *k = key_of(c->policy, &c->request->key);
	int64_t now_s = now_of(c);
	bool open = k->num_windows == 0;

	if (stops(c))
		return KF_RULED_NONE;
	for (size_t i = 0; i < k->num_windows && now_s >= 0; i++)
		open = open || in_window(&k->window[i], now_s);
	return open ? KF_RULED_NONE : KF_RULED_WINDOW;
}

static bool is_spent(const struct kf_case *c, const struct kf_approval *a)
{
	const struct kf_history *h = c->history;

	/* The same request may be taken up again where it was not carried out:
	 * its own approvals are good for that, and for nothing else. */
	for (size_t i = 0; h && i < h->num_spent; i++)
		if (kf_hash_same(&h->spent[i].nonce, &a->nonce) &&
		    !kf_hash_same(&h->spent[i].request, &a->request))
			return true;
	return false;
}

/* rule_approval rules one, of whoever has not been counted. */
static enum kf_ruling rule_approval(const struct kf_case *c,
				    const struct kf_approval *a,
				    uint64_t counted)
{
	const struct kf_person *who = person_of(c->policy, a->signer);
	bool own;

	if (a->malformed)
		return KF_RULED_MALFORMED;
	if (!who)
		return KF_RULED_SIGNER_UNKNOWN;
	if (!kf_hash_same(&a->request, &c->request->sha256))
		return KF_RULED_OTHER_REQUEST;
	own = kf_same(who->name, c->request->requester);
	if (a->denies && own)
		return KF_RULED_TAKES_BACK;
	if (own)
		return KF_RULED_OWN_REQUEST;
	if (!kf_may(who->roles, stops(c) ? KF_MAY_APPROVE_STOP
					 : KF_MAY_APPROVE_SIGN))
		return KF_RULED_APPROVER_ROLE;
	/* A no does not end, and holds under each policy. */
	if (a->denies)
		return KF_RULED_DENIES;
	if (!kf_hash_same(&a->policy, &c->policy->sha256))
		return KF_RULED_OTHER_POLICY;
	if (now_of(c) >= a->expires_s)
		return KF_RULED_EXPIRED;
	if (is_spent(c, a))
		return KF_RULED_SPENT;
	return counted >> a->signer & 1 ? KF_RULED_TWICE : KF_RULED_COUNTS;
}

/* reach counts people, and their groups. */
static struct kf_quorum reach(const struct kf_policy *p, uint64_t people)
{
	struct kf_quorum out = { 0, 0 };

	for (size_t i = 0; i < p->num_people; i++) {
		bool first = people >> i & 1;

		out.approvals += first;
		for (size_t k = 0; k < i; k++)
			if (people >> k & 1 && kf_same(p->person[k].group,
						       p->person[i].group))
				first = false;
		out.groups += first;
	}
	return out;
}

static enum kf_ruling rule_approvals(struct kf_decision *out,
				     const struct kf_case *c)
{
	enum kf_ruling ruling = KF_RULED_NONE;
	uint64_t counted = 0;

	for (size_t i = 0; i < c->num_approvals && i < KF_APPROVALS_MAX; i++) {
		enum kf_ruling *r = &out->approval[i];

		*r = rule_approval(c, &c->approval[i], counted);
		if (*r == KF_RULED_COUNTS)
			counted |= UINT64_C(1) << c->approval[i].signer;
		if (*r == KF_RULED_DENIES || *r == KF_RULED_TAKES_BACK)
			ruling = KF_RULED_DENIED;
	}
	out->reached = reach(c->policy, counted);
	if (ruling == KF_RULED_NONE && out->key &&
	    out->reached.approvals < out->needed.approvals)
		ruling = KF_RULED_QUORUM;
	if (ruling == KF_RULED_NONE && out->key &&
	    out->reached.groups < out->needed.groups)
		ruling = KF_RULED_GROUPS;
	return ruling;
}

static enum kf_ruling rule_rebuilds(struct kf_decision *out,
				    const struct kf_case *c)
{
	const struct kf_request *r = c->request;
	const struct kf_agreeing a = {
		c->policy, r->artifact, r->payload, r->requester, c->rebuild,
		c->num_rebuilds,
	};

	out->rebuilds = kf_rebuilds_decide(out->rebuild, &a);
	return !stops(c) && out->key && out->rebuilds < out->key->rebuilds
	       ? KF_RULED_REBUILDS : KF_RULED_NONE;
}

void kf_decide(struct kf_decision *out, const struct kf_case *c)
{
	static enum kf_ruling (*const steps[])(const struct kf_case *) = {
		rule_policy, rule_requester, rule_key, rule_process,
		rule_history, rule_time,
	};
	const struct kf_history *h = c->history;
	enum kf_ruling approvals, rebuilds;

	memset(out, 0, sizeof(*out));
	out->key = key_of(c->policy, &c->request->key);
	if (out->key)
		out->needed = stops(c) && c->policy->emergency.approvals
			      ? c->policy->emergency : out->key->quorum;
	approvals = rule_approvals(out, c);
	rebuilds = rule_rebuilds(out, c);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) &&
	     out->ruling == KF_RULED_NONE; i++)
		out->ruling = steps[i](c);
	if (out->ruling == KF_RULED_NONE)
		out->ruling = rebuilds;
	if (out->ruling == KF_RULED_NONE)
		out->ruling = approvals;
	if (out->ruling == KF_RULED_NONE)
		out->ruling = KF_RULED_ALLOWED;
	for (size_t i = 0; h && i < h->num_past; i++)
		if (h->past[i].state == KF_PAST_OPEN &&
		    kf_hash_same(&h->past[i].request, &c->request->sha256))
			out->open = &h->past[i];
}

/* custodians is those of some people who may change a policy. */
static uint64_t custodians(const struct kf_policy *p, uint64_t people)
{
	uint64_t out = 0;

	for (size_t i = 0; i < p->num_people; i++)
		if (people >> i & 1 &&
		    kf_may(p->person[i].roles, KF_MAY_CHANGE_POLICY))
			out |= UINT64_C(1) << i;
	return out;
}

enum kf_ruling kf_policy_own(const struct kf_policy *policy, uint64_t signers)
{
	struct kf_quorum own = reach(policy, custodians(policy, signers));

	if (own.approvals < policy->change.approvals)
		return KF_RULED_NEW_QUORUM;
	return own.groups < policy->change.groups ? KF_RULED_NEW_GROUPS
						  : KF_RULED_ALLOWED;
}

enum kf_ruling kf_policy_decide(const struct kf_policy *policy,
				const struct kf_policy *old,
				const struct kf_policy_signers *signers)
{
	enum kf_ruling own = kf_policy_own(policy, signers->own);
	struct kf_quorum was = { 0, 0 };
	static const struct kf_hash none;

	if (own != KF_RULED_ALLOWED)
		return own;
	if (!old)
		return policy->version != 1 ? KF_RULED_VERSION_STEP
			: kf_hash_same(&policy->previous, &none)
			? KF_RULED_ALLOWED : KF_RULED_PREVIOUS_OTHER;
	was = reach(old, custodians(old, signers->old));
	if (!kf_same(policy->name, old->name))
		return KF_RULED_NAME_OTHER;
	if (policy->version != old->version + 1)
		return KF_RULED_VERSION_STEP;
	if (!kf_hash_same(&policy->previous, &old->sha256))
		return KF_RULED_PREVIOUS_OTHER;
	if (was.approvals < old->change.approvals)
		return KF_RULED_OLD_QUORUM;
	return was.groups < old->change.groups ? KF_RULED_OLD_GROUPS
					       : KF_RULED_ALLOWED;
}
