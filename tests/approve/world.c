/* A case in which all is well: who is there, what is asked, by whom approved.
 */
#include "world.h"

#include <string.h>

struct kf_hash hash(uint8_t start)
{
	struct kf_hash out = { { start, 1, 2, 3 } };

	return out;
}

static const char *const some[] = { "gw", "pe", NULL };

static void set_up_policy(struct world *w)
{
	static const struct kf_person people[] = {
		{ "ci", "build", KF_ROLE(KF_REQUESTER), NULL, 0 },
		{ "ann", "dev", KF_ROLE(KF_APPROVER), NULL, 0 },
		{ "bob", "ops", KF_ROLE(KF_APPROVER), NULL, 0 },
		{ "eve", "qa", KF_ROLE(KF_APPROVER) | KF_ROLE(KF_REQUESTER),
		  NULL, 0 },
		{ "cus", "ops", KF_ROLE(KF_CUSTODIAN), NULL, 0 },
		{ "dan", "dev", KF_ROLE(KF_CUSTODIAN), NULL, 0 },
		{ "opr", "ops", KF_ROLE(KF_OPERATOR), NULL, 0 },
		{ "aud", "law", KF_ROLE(KF_AUDITOR), NULL, 0 },
	};

	memcpy(w->person, people, sizeof(people));
	w->key.name = "fw";
	w->key.spki = hash(10);
	w->key.environment = KF_PRODUCTION;
	w->key.product = some;
	w->key.format = some;
	w->key.quorum = (struct kf_quorum){ 2, 2 };
	w->policy.sha256 = hash(20);
	w->policy.name = "acme";
	w->policy.version = 3;
	w->policy.previous = hash(19);
	w->policy.change = (struct kf_quorum){ 2, 2 };
	w->policy.emergency = (struct kf_quorum){ 1, 1 };
	w->policy.person = w->person;
	w->policy.num_people = sizeof(people) / sizeof(people[0]);
	w->policy.key = &w->key;
	w->policy.num_keys = 1;
}

void set_up(struct world *w)
{
	memset(w, 0, sizeof(*w));
	set_up_policy(w);
	w->request = (struct kf_request){
		.sha256 = hash(30), .action = KF_ACTION_SIGN,
		.artifact_name = "a", .artifact = hash(31), .artifact_len = 7,
		.payload = { KF_PAYLOAD_PE, hash(33) },
		.format = "pe", .product = "gw", .version = "1.0",
		.counter = 1, .environment = KF_PRODUCTION, .key = hash(10),
		.policy = hash(20), .nonce = hash(32),
		.expires_s = NOW_S + 60, .requester = "ci", .signer = 0,
	};
	for (size_t i = 0; i < 4; i++)
		w->approval[i] = (struct kf_approval){
			.sha256 = hash((uint8_t)(40 + i)),
			.request = hash(30), .policy = hash(20),
			.nonce = hash((uint8_t)(50 + i)),
			.expires_s = NOW_S + 60, .signer = 1 + i,
		};
	w->history = (struct kf_history){
		.past = w->past, .spent = w->spent, .has_policy = true,
		.policy = hash(20), .last_s = NOW_S - 60,
	};
	w->process = (struct kf_process){
		"opr", KF_ACTION_SIGN, KF_PRODUCTION, hash(31), 7, "pe",
		hash(10), NULL, false, 0, { KF_PAYLOAD_PE, hash(33) },
	};
	w->c = (struct kf_case){
		&w->policy, &w->request, w->approval, 2, &w->history,
		&w->process, w->rebuild, 0, NOW_S,
	};
}
