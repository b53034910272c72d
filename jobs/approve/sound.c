/* What a policy must not be: one that nobody can fulfil, or in which one person
 * does what takes two.
 */
#include "decide.h"

#include <string.h>

#define OPERATION(name, words, roles) roles,
static const uint32_t may[] = {
#include "operations.def"
};
#undef OPERATION

#define RULING(name, slug, words) { slug, words },
static const struct {
	const char *slug, *words;
} rulings[] = {
#include "rulings.def"
};
#undef RULING

const char *const kf_role_names[] = {
	"requester", "approver", "custodian", "operator", "auditor",
	"builder", NULL,
};

const char *const kf_environment_names[] = {
	"none", "production", "test", "legacy", NULL,
};

const char *const kf_action_names[] = {
	"none", "sign", "halt", "revoke", NULL,
};

const char *kf_ruling_slug(enum kf_ruling ruling)
{
	return ruling < KF_NUM_RULINGS ? rulings[ruling].slug : "none";
}

const char *kf_ruling_words(enum kf_ruling ruling)
{
	return ruling < KF_NUM_RULINGS ? rulings[ruling].words : "";
}

bool kf_may(uint32_t roles, enum kf_operation operation)
{
	return operation < KF_NUM_OPERATIONS && (roles & may[operation]);
}

/* room counts those who could do it, and their groups; `less` of them may not,
 * as they ask for it. */
static struct kf_quorum room(const struct kf_policy *p,
			     enum kf_operation operation)
{
	struct kf_quorum out = { 0, 0 };

	for (size_t i = 0; i < p->num_people; i++) {
		bool first = kf_may(p->person[i].roles, operation);

		out.approvals += first;
		for (size_t k = 0; k < i; k++)
			if (kf_same(p->person[k].group, p->person[i].group) &&
			    kf_may(p->person[k].roles, operation))
				first = false;
		out.groups += first;
	}
	return out;
}

static bool fits(struct kf_quorum wanted, struct kf_quorum there)
{
	return wanted.approvals <= there.approvals &&
	       wanted.groups <= there.groups &&
	       wanted.groups <= wanted.approvals && wanted.approvals > 0;
}

static const char *people_sound(const struct kf_policy *p)
{
	for (size_t i = 0; i < p->num_people; i++) {
		uint32_t roles = p->person[i].roles;

		if (roles & KF_ROLE(KF_AUDITOR) && roles != KF_ROLE(KF_AUDITOR))
			return "an auditor has another role too";
		if (roles & KF_ROLE(KF_BUILDER) && roles != KF_ROLE(KF_BUILDER))
			return "a builder has another role too";
		if (roles & KF_ROLE(KF_OPERATOR) &&
		    roles & KF_ROLE(KF_APPROVER))
			return "an operator is an approver too";
		for (size_t k = 0; k < i; k++)
			if (kf_same(p->person[k].name, p->person[i].name))
				return "two people have one name";
	}
	return NULL;
}

/* is_signing_key tells whether a key of a person signs firmware too. */
static bool is_signing_key(const struct kf_policy *p, const struct kf_key *key)
{
	for (size_t i = 0; i < p->num_keys; i++)
		if (kf_equal(kf_hash_view(&p->key[i].spki),
			     kf_view(key->sha256.bytes, key->sha256.len)))
			return true;
	return false;
}

/* holds tells whether a person has a key, among the first `num`. */
static bool holds(const struct kf_person *person, size_t num,
		  const struct kf_key *key)
{
	for (size_t i = 0; i < num; i++)
		if (kf_equal(person->key[i].spki, key->spki))
			return true;
	return false;
}

static const char *person_keys_sound(const struct kf_policy *p, size_t n)
{
	const struct kf_person *person = &p->person[n];

	for (size_t i = 0; i < person->num_keys; i++) {
		if (is_signing_key(p, &person->key[i]))
			return "a person's key is a signing key too";
		if (holds(person, i, &person->key[i]))
			return "a person has one key twice";
		for (size_t k = 0; k < n; k++)
			if (holds(&p->person[k], p->person[k].num_keys,
				  &person->key[i]))
				return "two people have one key";
	}
	return NULL;
}

/* builders counts the groups whose builds could count, at best, for somebody
 * who may ask. */
static unsigned builders(const struct kf_policy *p)
{
	unsigned best = 0;

	for (size_t i = 0; i < p->num_people; i++) {
		const struct kf_person *asks = &p->person[i];
		struct kf_quorum all = room(p, KF_MAY_REBUILD);
		bool own = false;

		if (!kf_may(asks->roles, KF_MAY_ASK_SIGN))
			continue;
		for (size_t k = 0; k < p->num_people; k++)
			own = own || (kf_same(p->person[k].group,
					      asks->group) &&
				      kf_may(p->person[k].roles,
					     KF_MAY_REBUILD));
		if (all.groups - own > best)
			best = all.groups - own;
	}
	return best;
}

static const char *keys_sound(const struct kf_policy *p)
{
	struct kf_quorum approvers = room(p, KF_MAY_APPROVE_SIGN);

	for (size_t i = 0; i < p->num_keys; i++) {
		const struct kf_ruled_key *k = &p->key[i];

		if (!fits(k->quorum, approvers))
			return "there are not as many approvers, or groups of them, as a signing key needs";
		if (k->environment == KF_PRODUCTION && k->quorum.approvals < 2)
			return "a production key needs two approvals at least";
		if (k->environment == KF_PRODUCTION &&
		    p->change.approvals < 2)
			return "a policy with production keys needs two custodians to be changed";
		if (k->rebuilds > builders(p))
			return "there are not as many groups of builders as a signing key needs, besides that of who asks";
		for (size_t n = 0; n < i; n++)
			if (kf_hash_same(&p->key[n].spki, &k->spki))
				return "a signing key is there twice";
	}
	return NULL;
}

const char *kf_policy_sound(const struct kf_policy *p)
{
	const char *wrong = people_sound(p);

	for (size_t i = 0; i < p->num_people && !wrong; i++)
		wrong = person_keys_sound(p, i);
	if (!wrong)
		wrong = keys_sound(p);
	if (!wrong && !fits(p->change, room(p, KF_MAY_CHANGE_POLICY)))
		wrong = "there are not as many custodians, or groups of them, as a change of it needs";
	if (!wrong && p->emergency.approvals &&
	    !fits(p->emergency, room(p, KF_MAY_APPROVE_STOP)))
		wrong = "there are not as many people, or groups of them, as an emergency needs";
	return wrong;
}
