/* Rebuilds: which of them count, and every reason for which one does not. No
 * expectation here comes out of the code that is tested.
 */
#include "tests/model.h"

#include "world.h"

#include <string.h>

static unsigned cases;

enum { LAB_A = 8, LAB_B, LAB_A2, LAB_C, BUILD };

/* set_up_builders puts two builders of two groups beside the others, whose
 * builds agree; one more of the first one's group, one of a third, and one of
 * the group of who asks. */
static void set_up_builders(struct world *w)
{
	static const struct kf_person builders[] = {
		{ "lab-a", "lab-a", KF_ROLE(KF_BUILDER), NULL, 0 },
		{ "lab-b", "lab-b", KF_ROLE(KF_BUILDER), NULL, 0 },
		{ "lab-a2", "lab-a", KF_ROLE(KF_BUILDER), NULL, 0 },
		{ "lab-c", "lab-c", KF_ROLE(KF_BUILDER), NULL, 0 },
		{ "ci-2", "build", KF_ROLE(KF_BUILDER), NULL, 0 },
	};

	set_up(w);
	memcpy(&w->person[LAB_A], builders, sizeof(builders));
	w->policy.num_people = BUILD + 1;
	w->key.rebuilds = 2;
	for (size_t i = 0; i < 4; i++) {
		w->subject[i] = w->request.payload;
		w->rebuild[i] = (struct kf_rebuild){
			false, &w->subject[i], 1, LAB_A + i,
		};
	}
	w->c.num_rebuilds = 2;
}

static struct kf_decision decide(const struct world *w)
{
	struct kf_decision d;

	cases++;
	kf_decide(&d, &w->c);
	return d;
}

static void expect(const struct world *w, size_t place,
		   enum kf_ruling one, enum kf_ruling whole)
{
	struct kf_decision d = decide(w);

	if (d.rebuild[place] != one || d.ruling != whole)
		fail_msg("%s and %s, not %s and %s",
			 kf_ruling_slug(d.rebuild[place]),
			 kf_ruling_slug(d.ruling), kf_ruling_slug(one),
			 kf_ruling_slug(whole));
}

static void two_that_agree_are_two(void **state)
{
	struct world w;
	struct kf_decision d;

	set_up_builders(&w);
	d = decide(&w);
	assert_int_equal(d.ruling, KF_RULED_ALLOWED);
	assert_int_equal(d.rebuild[0], KF_RULED_COUNTS);
	assert_int_equal(d.rebuild[1], KF_RULED_COUNTS);
	assert_int_equal(d.rebuilds, 2);
	w.c.num_rebuilds = 1;
	expect(&w, 0, KF_RULED_COUNTS, KF_RULED_REBUILDS);
	w.c.num_rebuilds = 0;
	assert_int_equal(decide(&w).ruling, KF_RULED_REBUILDS);
	w.key.rebuilds = 0;
	assert_int_equal(decide(&w).ruling, KF_RULED_ALLOWED);
	/* More than are asked for do no harm, nor does one that is bad. */
	set_up_builders(&w);
	w.c.num_rebuilds = 4;
	w.rebuild[3].malformed = true;
	expect(&w, 3, KF_RULED_NO_PROVENANCE, KF_RULED_ALLOWED);
	w.key.rebuilds = 3;
	expect(&w, 3, KF_RULED_NO_PROVENANCE, KF_RULED_REBUILDS);
	w.rebuild[3].malformed = false;
	expect(&w, 3, KF_RULED_COUNTS, KF_RULED_ALLOWED);
}

/* in_each_place puts a bad one in place of each of two. */
static void in_each_place(const struct world *right, size_t signer,
			  const struct kf_of_artifact *subject, size_t num,
			  enum kf_ruling wanted)
{
	for (size_t place = 0; place < 2; place++) {
		struct world w = *right;

		w.policy.person = w.person;
		w.policy.key = &w.key;
		w.c.policy = &w.policy;
		w.c.rebuild = w.rebuild;
		w.rebuild[place].signer = signer;
		w.rebuild[place].subject = subject;
		w.rebuild[place].num_subjects = num;
		expect(&w, place, wanted, KF_RULED_REBUILDS);
	}
}

static void every_reason_why_one_does_not_count(void **state)
{
	struct kf_of_artifact subject = { KF_PAYLOAD_PE, hash(33) };
	struct world w;

	set_up_builders(&w);
	in_each_place(&w, KF_NOBODY, &subject, 1, KF_RULED_SIGNER_UNKNOWN);
	for (size_t who = 0; who < 8; who++)
		in_each_place(&w, who, &subject, 1, KF_RULED_BUILDER_ROLE);
	in_each_place(&w, BUILD, &subject, 1, KF_RULED_OWN_GROUP);
	in_each_place(&w, LAB_C, &subject, 0, KF_RULED_OTHER_PAYLOAD);
	/* One digest under another kind is another payload. */
	for (int kind = 0; kind < KF_NUM_PAYLOADS; kind++) {
		subject.kind = (enum kf_payload_kind)kind;
		if (kind != KF_PAYLOAD_PE)
			in_each_place(&w, LAB_C, &subject, 1,
				      KF_RULED_OTHER_PAYLOAD);
	}
	subject.kind = KF_PAYLOAD_PE;
	subject.sha256 = hash(34);
	in_each_place(&w, LAB_C, &subject, 1, KF_RULED_OTHER_PAYLOAD);
	/* The file's digest is no payload's. */
	subject.sha256 = hash(31);
	in_each_place(&w, LAB_C, &subject, 1, KF_RULED_OTHER_PAYLOAD);
	set_up_builders(&w);
	w.rebuild[1].signer = LAB_A;
	expect(&w, 1, KF_RULED_BUILDER_TWICE, KF_RULED_REBUILDS);
	w.rebuild[1].signer = LAB_A2;
	expect(&w, 1, KF_RULED_GROUP_TWICE, KF_RULED_REBUILDS);
	w.rebuild[0].malformed = true;
	expect(&w, 1, KF_RULED_COUNTS, KF_RULED_REBUILDS);
	expect(&w, 0, KF_RULED_NO_PROVENANCE, KF_RULED_REBUILDS);
	/* What does not count keeps nobody else from counting. */
	set_up_builders(&w);
	w.c.num_rebuilds = 4;
	w.subject[0].sha256 = hash(34);
	w.rebuild[3].signer = LAB_A2;
	w.rebuild[2].signer = LAB_A;
	expect(&w, 0, KF_RULED_OTHER_PAYLOAD, KF_RULED_ALLOWED);
	expect(&w, 2, KF_RULED_COUNTS, KF_RULED_ALLOWED);
	expect(&w, 3, KF_RULED_GROUP_TWICE, KF_RULED_ALLOWED);
}

static void the_very_file_counts_whatever_it_is(void **state)
{
	struct kf_of_artifact several[] = {
		{ KF_PAYLOAD_FILE, hash(1) },
		{ KF_PAYLOAD_FIT, hash(33) },
		{ KF_PAYLOAD_FILE, hash(31) },
	};
	struct world w;

	set_up_builders(&w);
	w.rebuild[0].subject = several;
	w.rebuild[0].num_subjects = 3;
	expect(&w, 0, KF_RULED_COUNTS, KF_RULED_ALLOWED);
	w.rebuild[0].num_subjects = 2;
	expect(&w, 0, KF_RULED_OTHER_PAYLOAD, KF_RULED_REBUILDS);
	/* Of a file that is bytes, the payload is the file. */
	set_up_builders(&w);
	w.request.payload = w.process.payload = several[2];
	w.subject[0] = w.subject[1] = several[2];
	expect(&w, 0, KF_RULED_COUNTS, KF_RULED_ALLOWED);
}

static void the_payload_is_not_believed(void **state)
{
	struct world w;

	set_up_builders(&w);
	w.process.payload.sha256 = hash(34);
	expect(&w, 0, KF_RULED_COUNTS, KF_RULED_PAYLOAD_OTHER);
	set_up_builders(&w);
	w.process.payload.kind = KF_PAYLOAD_FILE;
	expect(&w, 0, KF_RULED_COUNTS, KF_RULED_PAYLOAD_OTHER);
	/* Who asks says another one, and builders have that. */
	set_up_builders(&w);
	w.request.payload.sha256 = hash(34);
	w.subject[0].sha256 = w.subject[1].sha256 = hash(34);
	expect(&w, 0, KF_RULED_COUNTS, KF_RULED_PAYLOAD_OTHER);
	w.c.process = NULL;
	expect(&w, 0, KF_RULED_COUNTS, KF_RULED_ALLOWED);
}

static void stops_and_denials_go_their_way(void **state)
{
	struct world w;

	set_up_builders(&w);
	w.c.num_rebuilds = 0;
	w.request.action = w.process.action = KF_ACTION_HALT;
	assert_int_equal(decide(&w).ruling, KF_RULED_ALLOWED);
	/* Builders ask for nothing, and approve and stop nothing. */
	w.request.requester = "lab-a";
	w.request.signer = LAB_A;
	assert_int_equal(decide(&w).ruling, KF_RULED_REQUESTER_ROLE);
	set_up_builders(&w);
	w.approval[0].signer = LAB_A;
	assert_int_equal(decide(&w).approval[0], KF_RULED_APPROVER_ROLE);
	set_up_builders(&w);
	w.approval[0].denies = true;
	assert_int_equal(decide(&w).ruling, KF_RULED_DENIED);
}

static void a_policy_can_be_fulfilled(void **state)
{
	struct world w;

	set_up_builders(&w);
	assert_null(kf_policy_sound(&w.policy));
	w.key.rebuilds = 3;
	assert_null(kf_policy_sound(&w.policy));
	w.key.rebuilds = 4;
	/* Five builders of four groups; but whoever asks is of one of them,
	 * or of a group that has none: eve asks too, of "qa". */
	assert_null(kf_policy_sound(&w.policy));
	w.key.rebuilds = 5;
	assert_non_null(kf_policy_sound(&w.policy));
	w.key.rebuilds = 4;
	w.person[3].roles = KF_ROLE(KF_APPROVER);
	assert_non_null(kf_policy_sound(&w.policy));
	for (int role = 0; role < KF_NUM_ROLES; role++) {
		const char *wrong;

		set_up_builders(&w);
		w.person[LAB_C].roles |= KF_ROLE(role);
		wrong = kf_policy_sound(&w.policy);
		if (role == KF_BUILDER)
			assert_null(wrong);
		else
			assert_non_null(wrong);
		cases++;
	}
}

static void too_many_are_not_looked_at(void **state)
{
	struct kf_rebuild many[KF_REBUILDS_MAX + 4];
	enum kf_ruling out[KF_REBUILDS_MAX] = { KF_RULED_NONE };
	struct kf_agreeing a = { .num = KF_REBUILDS_MAX + 4 };
	struct world w;

	set_up_builders(&w);
	for (size_t i = 0; i < KF_REBUILDS_MAX + 4; i++)
		many[i] = w.rebuild[i < KF_REBUILDS_MAX];
	a.policy = &w.policy;
	a.payload = w.request.payload;
	a.rebuild = many;
	assert_int_equal(kf_rebuilds_decide(out, &a), 1);
	/* Nobody has asked: then no group is that of who asks. */
	many[0].signer = BUILD;
	assert_int_equal(kf_rebuilds_decide(out, &a), 2);
	a.requester = "ci";
	assert_int_equal(kf_rebuilds_decide(out, &a), 1);
	assert_int_equal(out[0], KF_RULED_OWN_GROUP);
	print_message("# rebuilds: %u cases\n", cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_that_agree_are_two),
		cmocka_unit_test(every_reason_why_one_does_not_count),
		cmocka_unit_test(the_very_file_counts_whatever_it_is),
		cmocka_unit_test(the_payload_is_not_believed),
		cmocka_unit_test(stops_and_denials_go_their_way),
		cmocka_unit_test(a_policy_can_be_fulfilled),
		cmocka_unit_test(too_many_are_not_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
