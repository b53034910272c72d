/* Who may do what: every cell of role and operation, every ordered pair of
 * environments, approvals of each kind, and what was before. No expectation
 * here comes out of the table that is tested.
 */
#include "tests/model.h"

#include "world.h"

#include <stdio.h>
#include <string.h>

static unsigned cases, spoilt;

static const char *const any[] = { "*", NULL };

static struct kf_decision decide(const struct world *w)
{
	struct kf_decision d;

	cases++;
	kf_decide(&d, &w->c);
	return d;
}

static void expect(const struct world *w, enum kf_ruling wanted)
{
	struct kf_decision d = decide(w);

	if (d.ruling != wanted)
		fail_msg("%s, not %s", kf_ruling_slug(d.ruling),
			 kf_ruling_slug(wanted));
}

static void what_is_right_is_allowed(void **state)
{
	struct world w;
	struct kf_decision d;

	set_up(&w);
	d = decide(&w);
	assert_int_equal(d.ruling, KF_RULED_ALLOWED);
	assert_int_equal(d.approval[0], KF_RULED_COUNTS);
	assert_int_equal(d.approval[1], KF_RULED_COUNTS);
	assert_int_equal(d.reached.approvals, 2);
	assert_int_equal(d.reached.groups, 2);
}

/* Rows: requester, approver, custodian, operator, auditor, builder. Columns:
 * ask for a signature, for a stop; approve one, the other; run one, the other;
 * vouch for a build; change the policy. */
static const char *const cells[KF_NUM_ROLES] = {
	"yynnnnnn", "nyyynnnn", "nynynyny", "nynnyynn", "nnnnnnnn", "nnnnnnyn",
};

/* as_done asks by doing, not by the table: the ruling of a whole case in which
 * a person of one role alone does one thing. */
static bool as_done(enum kf_role role, enum kf_operation operation)
{
	struct kf_policy_signers signers = { 0x30, 0x30 };
	struct world w;
	struct kf_decision d;
	struct kf_policy old;
	bool stop = operation == KF_MAY_ASK_STOP ||
		    operation == KF_MAY_APPROVE_STOP ||
		    operation == KF_MAY_RUN_STOP;

	set_up(&w);
	w.person[8] = (struct kf_person){ "one", "one", KF_ROLE(role), NULL,
					  0 };
	w.policy.num_people = 9;
	w.request.action = stop ? KF_ACTION_HALT : KF_ACTION_SIGN;
	w.process.action = w.request.action;
	switch (operation) {
	case KF_MAY_ASK_SIGN:
	case KF_MAY_ASK_STOP:
		w.request.requester = "one";
		w.request.signer = 8;
		break;
	case KF_MAY_APPROVE_SIGN:
	case KF_MAY_APPROVE_STOP:
		w.approval[0].signer = 8;
		w.c.num_approvals = stop ? 1 : 2;
		break;
	case KF_MAY_RUN_SIGN:
	case KF_MAY_RUN_STOP:
		w.process.operated_by = "one";
		break;
	case KF_MAY_REBUILD:
		w.key.rebuilds = 1;
		w.subject[0] = w.request.payload;
		w.rebuild[0] = (struct kf_rebuild){ false, w.subject, 1, 8 };
		w.c.num_rebuilds = 1;
		break;
	default:
		old = w.policy;
		old.version--;
		old.sha256 = hash(19);
		signers.own = signers.old = 1 << 4 | 1 << 8;
		cases++;
		return kf_policy_decide(&w.policy, &old, &signers) ==
		       KF_RULED_ALLOWED;
	}
	d = decide(&w);
	return d.ruling == KF_RULED_ALLOWED;
}

static void every_cell_of_role_and_operation(void **state)
{
	unsigned num = 0, yes = 0;

	for (int role = 0; role < KF_NUM_ROLES; role++)
		for (int i = 0; i < KF_NUM_OPERATIONS; i++) {
			bool wanted = cells[role][i] == 'y';

			if (as_done((enum kf_role)role,
				    (enum kf_operation)i) != wanted)
				fail_msg("%s, operation %d: not %c",
					 kf_role_names[role], i,
					 cells[role][i]);
			assert_int_equal(kf_may(KF_ROLE(role),
						(enum kf_operation)i), wanted);
			num++;
			yes += wanted;
		}
	assert_int_equal(num, 48);
	print_message("# counted roles: %u cells of role and operation, %u of them may\n",
		      num, yes);
}

static void every_pair_of_environments(void **state)
{
	unsigned num = 0, good = 0;

	for (int key = KF_PRODUCTION; key < KF_NUM_ENVIRONMENTS; key++)
		for (int asked = KF_PRODUCTION; asked < KF_NUM_ENVIRONMENTS;
		     asked++)
			for (int here = KF_PRODUCTION;
			     here < KF_NUM_ENVIRONMENTS; here++) {
				struct world w;

				set_up(&w);
				w.key.environment = (enum kf_environment)key;
				w.request.environment =
					(enum kf_environment)asked;
				w.process.environment =
					(enum kf_environment)here;
				expect(&w, key != asked ? KF_RULED_ENVIRONMENT
				       : asked != here
				       ? KF_RULED_ENVIRONMENT_OTHER
				       : KF_RULED_ALLOWED);
				num++;
				good += key == asked && asked == here;
			}
	assert_int_equal(num, 27);
	assert_int_equal(good, 3);
	print_message("# counted environments: %u triples of key, request and process, with each ordered pair in them, %u allowed\n",
		      num, good);
}

static void in_each_place(const struct kf_approval *bad,
			      enum kf_ruling wanted, enum kf_ruling whole)
{
	struct world w;
	struct kf_decision d;

	for (size_t place = 0; place < 2; place++) {
		set_up(&w);
		w.approval[place] = *bad;
		d = decide(&w);
		spoilt += whole != KF_RULED_ALLOWED;
		if (d.approval[place] != wanted || d.ruling != whole)
			fail_msg("%s and %s, not %s and %s",
				 kf_ruling_slug(d.approval[place]),
				 kf_ruling_slug(d.ruling),
				 kf_ruling_slug(wanted),
				 kf_ruling_slug(whole));
	}
}

/* An approval that is not good leaves the quorum open, wherever it stands. */
static void no_bad_approval_counts(void **state)
{
	struct world w;
	struct kf_approval a;

	set_up(&w);
	a = w.approval[3];
	a.signer = 3;
	in_each_place(&a, KF_RULED_COUNTS, KF_RULED_ALLOWED);
	a.malformed = true;
	in_each_place(&a, KF_RULED_MALFORMED, KF_RULED_QUORUM);
	a.malformed = false;
	a.request = hash(99);
	in_each_place(&a, KF_RULED_OTHER_REQUEST, KF_RULED_QUORUM);
	a.request = hash(30);
	a.policy = hash(21);
	in_each_place(&a, KF_RULED_OTHER_POLICY, KF_RULED_QUORUM);
	a.policy = hash(20);
	a.expires_s = NOW_S;
	in_each_place(&a, KF_RULED_EXPIRED, KF_RULED_QUORUM);
	a.expires_s = NOW_S + 1;
	in_each_place(&a, KF_RULED_COUNTS, KF_RULED_ALLOWED);
	a.signer = KF_NOBODY;
	in_each_place(&a, KF_RULED_SIGNER_UNKNOWN, KF_RULED_QUORUM);
	a.signer = 0;
	in_each_place(&a, KF_RULED_OWN_REQUEST, KF_RULED_QUORUM);
	for (size_t i = 4; i < 8; i++) {
		a.signer = i;
		in_each_place(&a, KF_RULED_APPROVER_ROLE, KF_RULED_QUORUM);
	}
	a.signer = 3;
	a.denies = true;
	in_each_place(&a, KF_RULED_DENIES, KF_RULED_DENIED);
	a.expires_s = 1;
	in_each_place(&a, KF_RULED_DENIES, KF_RULED_DENIED);
	a.signer = 0;
	in_each_place(&a, KF_RULED_TAKES_BACK, KF_RULED_DENIED);
	a.signer = 7;
	in_each_place(&a, KF_RULED_APPROVER_ROLE, KF_RULED_QUORUM);
	assert_int_equal(spoilt, 2 * 14);
	print_message("# counted approvals: %u that are malformed, expired, of others or against it, each as either of two\n",
		      spoilt);
}

static void one_person_counts_once(void **state)
{
	struct world w;
	struct kf_decision d;

	set_up(&w);
	w.approval[1].signer = 1;
	d = decide(&w);
	assert_int_equal(d.approval[0], KF_RULED_COUNTS);
	assert_int_equal(d.approval[1], KF_RULED_TWICE);
	assert_int_equal(d.ruling, KF_RULED_QUORUM);
	/* Two of one group are no two groups. */
	w.person[3].group = "dev";
	w.approval[1].signer = 3;
	expect(&w, KF_RULED_GROUPS);
	w.key.quorum.groups = 1;
	expect(&w, KF_RULED_ALLOWED);
	/* Who asks does not approve, whatever roles there are. */
	w.request.requester = "eve";
	w.request.signer = 3;
	d = decide(&w);
	assert_int_equal(d.approval[1], KF_RULED_OWN_REQUEST);
	assert_int_equal(d.ruling, KF_RULED_QUORUM);
}

static void a_request_is_what_it_says(void **state)
{
	struct world w;

	set_up(&w);
	w.request.signer = 3;		/* another requester's key */
	expect(&w, KF_RULED_REQUEST_UNSIGNED);
	w.request.signer = KF_NOBODY;
	expect(&w, KF_RULED_REQUEST_UNSIGNED);
	set_up(&w);
	w.request.expires_s = NOW_S;
	expect(&w, KF_RULED_REQUEST_EXPIRED);
	set_up(&w);
	w.request.policy = hash(21);
	expect(&w, KF_RULED_POLICY_OTHER);
	set_up(&w);
	w.policy.expires_s = NOW_S;
	expect(&w, KF_RULED_POLICY_EXPIRED);
	set_up(&w);
	w.request.key = hash(11);
	expect(&w, KF_RULED_KEY_UNKNOWN);
	set_up(&w);
	w.request.product = "other";
	expect(&w, KF_RULED_PRODUCT);
	w.key.product = any;
	expect(&w, KF_RULED_ALLOWED);
	w.request.format = w.process.format = "fit";
	expect(&w, KF_RULED_FORMAT);
}

static void the_process_holds_what_was_approved(void **state)
{
	struct world w;

	set_up(&w);
	w.process.artifact = hash(99);	/* swapped after the approval */
	expect(&w, KF_RULED_ARTIFACT_OTHER);
	set_up(&w);
	w.process.artifact_len++;
	expect(&w, KF_RULED_ARTIFACT_OTHER);
	set_up(&w);
	w.process.key = hash(11);
	expect(&w, KF_RULED_KEY_OTHER);
	set_up(&w);
	w.process.format = "gw";
	expect(&w, KF_RULED_FORMAT_OTHER);
	set_up(&w);
	w.process.variable = "db";
	expect(&w, KF_RULED_VARIABLE_OTHER);
	w.request.variable = "dbx";
	expect(&w, KF_RULED_VARIABLE_OTHER);
	w.request.variable = "db";
	expect(&w, KF_RULED_ALLOWED);
	w.process.append = true;
	expect(&w, KF_RULED_VARIABLE_OTHER);
	w.process.append = false;
	w.process.at_s = 1;
	expect(&w, KF_RULED_VARIABLE_OTHER);
	set_up(&w);
	w.request.variable = "db";
	expect(&w, KF_RULED_VARIABLE_OTHER);
	set_up(&w);
	w.process.action = KF_ACTION_HALT;
	expect(&w, KF_RULED_ACTION_OTHER);
	set_up(&w);
	w.process.operated_by = "nobody";
	expect(&w, KF_RULED_OPERATOR_ROLE);
}

static void an_approval_is_used_once(void **state)
{
	struct world w;
	struct kf_decision d;

	set_up(&w);
	w.past[0] = (struct kf_past){
		.request = hash(30), .key = hash(10), .artifact = hash(31),
		.action = KF_ACTION_SIGN, .state = KF_PAST_DONE,
		.time_s = NOW_S - 60, .policy_version = 3,
	};
	w.history.num_past = 1;
	expect(&w, KF_RULED_REQUEST_SPENT);
	w.past[0].state = KF_PAST_OPEN;
	d = decide(&w);
	assert_int_equal(d.ruling, KF_RULED_ALLOWED);
	assert_ptr_equal(d.open, &w.past[0]);
	w.past[0].state = KF_PAST_FAILED;
	d = decide(&w);
	assert_int_equal(d.ruling, KF_RULED_ALLOWED);
	assert_null(d.open);
	/* Of another request, its nonce is spent. */
	w.spent[0].nonce = w.approval[1].nonce;
	w.spent[0].request = hash(77);
	w.history.num_spent = 1;
	d = decide(&w);
	assert_int_equal(d.approval[1], KF_RULED_SPENT);
	assert_int_equal(d.ruling, KF_RULED_QUORUM);
}

static void only_the_adopted_policy_counts(void **state)
{
	struct world w;

	set_up(&w);
	w.history.policy = hash(21);
	expect(&w, KF_RULED_POLICY_NOT_ADOPTED);
	w.history.has_policy = false;
	expect(&w, KF_RULED_POLICY_NOT_ADOPTED);
}

static void a_clock_that_goes_back_revives_nothing(void **state)
{
	struct world w;

	set_up(&w);
	w.history.last_s = NOW_S + KF_CLOCK_SLACK_S + 1;
	expect(&w, KF_RULED_CLOCK_BACK);
	w.history.last_s = NOW_S + KF_CLOCK_SLACK_S;
	expect(&w, KF_RULED_REQUEST_EXPIRED);
	w.request.expires_s = NOW_S + 3600;
	expect(&w, KF_RULED_QUORUM);
	w.approval[0].expires_s = w.approval[1].expires_s = NOW_S + 3600;
	expect(&w, KF_RULED_ALLOWED);
	w.c.now_s = 0;			/* 1970 */
	expect(&w, KF_RULED_CLOCK_BACK);
}

static void rates_count_what_was_signed(void **state)
{
	struct world w;

	set_up(&w);
	w.key.rate = 2;
	w.key.rate_s = 3600;
	for (size_t i = 0; i < 3; i++)
		w.past[i] = (struct kf_past){
			.request = hash((uint8_t)(60 + i)), .key = hash(10),
			.action = KF_ACTION_SIGN, .state = KF_PAST_DONE,
			.time_s = NOW_S - 3599, .policy_version = 3,
		};
	w.history.num_past = 1;
	expect(&w, KF_RULED_ALLOWED);
	w.history.num_past = 2;
	expect(&w, KF_RULED_RATE);
	w.past[1].state = KF_PAST_OPEN;		/* it may have signed */
	expect(&w, KF_RULED_RATE);
	w.past[1].state = KF_PAST_FAILED;
	expect(&w, KF_RULED_ALLOWED);
	w.past[1].state = KF_PAST_DONE;
	w.past[1].time_s--;
	expect(&w, KF_RULED_ALLOWED);
	w.past[1].time_s++;
	w.past[1].key = hash(11);
	expect(&w, KF_RULED_ALLOWED);
	w.past[1].key = hash(10);
	w.past[1].action = KF_ACTION_HALT;
	w.past[1].policy_version = 2;
	expect(&w, KF_RULED_ALLOWED);
}

static void keys_rest_outside_of_their_windows(void **state)
{
	static const struct {
		uint8_t days;
		unsigned from, minutes;
		bool open;
	} table[] = {
		/* It is Friday, 10:00. */
		{ 1 << 4, 600, 1, true }, { 1 << 4, 601, 1439, false },
		{ 1 << 4, 540, 60, false }, { 1 << 4, 540, 61, true },
		{ 1 << 3, 600, 1440, false }, { 1 << 3, 601, 1440, true },
		{ 1 << 5, 0, 1440, false }, { 0x6f, 0, 1440, false },
		{ 0x7f, 0, 1440, true }, { 1 << 3, 1320, 720, false },
		{ 1 << 3, 1320, 721, true },
	};
	struct world w;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct kf_window window = { table[i].days, table[i].from,
					    table[i].minutes };

		set_up(&w);
		w.key.window = &window;
		w.key.num_windows = 1;
		expect(&w, table[i].open ? KF_RULED_ALLOWED
					 : KF_RULED_WINDOW);
	}
	/* The night of Sunday goes on into Monday. */
	set_up(&w);
	w.key.window = &(struct kf_window){ 1 << 6, 1320, 480 };
	w.key.num_windows = 1;
	w.history.last_s = 0;
	w.c.now_s = NOW_S + (3 * 24 - 5) * 3600;	/* Monday, 05:00 */
	w.request.expires_s = w.c.now_s + 1;
	w.approval[0].expires_s = w.approval[1].expires_s = w.c.now_s + 1;
	expect(&w, KF_RULED_ALLOWED);
	w.key.window = &(struct kf_window){ 1 << 6, 1320, 420 };
	expect(&w, KF_RULED_WINDOW);
}

/* An emergency takes fewer people, for a halt and a revocation alone. */
static void an_emergency_never_signs(void **state)
{
	struct world w;

	for (int action = KF_ACTION_SIGN; action < KF_NUM_ACTIONS; action++) {
		set_up(&w);
		w.c.num_approvals = 1;
		w.request.action = (enum kf_action)action;
		w.process.action = (enum kf_action)action;
		expect(&w, action == KF_ACTION_SIGN ? KF_RULED_QUORUM
						    : KF_RULED_ALLOWED);
		w.c.num_approvals = 0;
		expect(&w, KF_RULED_QUORUM);
	}
	set_up(&w);
	w.request.action = w.process.action = KF_ACTION_HALT;
	w.policy.emergency = (struct kf_quorum){ 0, 0 };
	w.c.num_approvals = 1;
	expect(&w, KF_RULED_QUORUM);
	/* A policy that ended, a rate, a window: none of them holds it up. */
	set_up(&w);
	w.request.action = w.process.action = KF_ACTION_REVOKE;
	w.c.num_approvals = 1;
	w.policy.expires_s = NOW_S - 1;
	w.key.window = &(struct kf_window){ 1, 0, 1 };
	w.key.num_windows = 1;
	expect(&w, KF_RULED_ALLOWED);
	w.request.environment = KF_TEST;
	expect(&w, KF_RULED_ENVIRONMENT);
}

static void what_was_stopped_does_not_sign(void **state)
{
	struct world w;

	set_up(&w);
	w.past[0] = (struct kf_past){
		.request = hash(60), .key = hash(10),
		.action = KF_ACTION_HALT, .state = KF_PAST_OPEN,
		.time_s = NOW_S - 100, .policy_version = 3,
	};
	w.history.num_past = 1;
	expect(&w, KF_RULED_KEY_HALTED);
	w.past[0].policy_version = 2;
	expect(&w, KF_RULED_ALLOWED);
	w.past[0].action = KF_ACTION_REVOKE;
	expect(&w, KF_RULED_KEY_REVOKED);
	w.past[0].state = KF_PAST_FAILED;
	expect(&w, KF_RULED_ALLOWED);
	w.past[0].state = KF_PAST_DONE;
	w.past[0].key = hash(11);
	expect(&w, KF_RULED_ALLOWED);
}

/* Nothing is allowed by what is empty. */
static void nothing_is_not_allowed(void **state)
{
	struct kf_policy policy = { 0 };
	struct kf_request request = { 0 };
	struct kf_case c = { &policy, &request, NULL, 0, NULL, NULL, NULL, 0,
			     0 };
	struct kf_decision d;

	kf_decide(&d, &c);
	assert_int_not_equal(d.ruling, KF_RULED_ALLOWED);
	assert_int_not_equal(d.ruling, KF_RULED_NONE);
	assert_true(cases > 150);
	print_message("# counted rulings: %u cases decided\n", cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_right_is_allowed),
		cmocka_unit_test(every_cell_of_role_and_operation),
		cmocka_unit_test(every_pair_of_environments),
		cmocka_unit_test(no_bad_approval_counts),
		cmocka_unit_test(one_person_counts_once),
		cmocka_unit_test(a_request_is_what_it_says),
		cmocka_unit_test(the_process_holds_what_was_approved),
		cmocka_unit_test(an_approval_is_used_once),
		cmocka_unit_test(only_the_adopted_policy_counts),
		cmocka_unit_test(a_clock_that_goes_back_revives_nothing),
		cmocka_unit_test(rates_count_what_was_signed),
		cmocka_unit_test(keys_rest_outside_of_their_windows),
		cmocka_unit_test(an_emergency_never_signs),
		cmocka_unit_test(what_was_stopped_does_not_sign),
		cmocka_unit_test(nothing_is_not_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
