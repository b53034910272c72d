/* When a policy may take the place of another, and which are no policies.
 */
#include "tests/model.h"

#include "world.h"

#include <string.h>

static void a_policy_follows_by_both_quorums(void **state)
{
	const uint64_t both = 1 << 4 | 1 << 5;
	struct world old, new;
	unsigned num = 0, yes = 0;

	set_up(&old);
	set_up(&new);
	old.policy.version = 2;
	old.policy.sha256 = hash(19);
	/* Every set of two custodians, of the old one and of its own. */
	for (unsigned own = 0; own < 4; own++)
		for (unsigned was = 0; was < 4; was++) {
			struct kf_policy_signers s = {
				(uint64_t)own << 4, (uint64_t)was << 4,
			};
			bool good = own == 3 && was == 3;

			assert_int_equal(kf_policy_decide(
				&new.policy, &old.policy, &s) ==
				KF_RULED_ALLOWED, good);
			num++;
			yes += good;
		}
	assert_int_equal(yes, 1);
	for (uint64_t version = 0; version < 6; version++) {
		struct kf_policy_signers s = { both, both };

		new.policy.version = version;
		assert_int_equal(kf_policy_decide(&new.policy, &old.policy,
						  &s),
				 version == 3 ? KF_RULED_ALLOWED
					      : KF_RULED_VERSION_STEP);
		num++;
	}
	print_message("# policies: %u changes, %u of them good\n", num, 2);
}

static void a_policy_names_what_it_follows(void **state)
{
	struct kf_policy_signers s = { 1 << 4 | 1 << 5, 1 << 4 | 1 << 5 };
	struct world old, new;

	set_up(&old);
	set_up(&new);
	old.policy.version = 2;
	old.policy.sha256 = hash(18);
	assert_int_equal(kf_policy_decide(&new.policy, &old.policy, &s),
			 KF_RULED_PREVIOUS_OTHER);
	old.policy.sha256 = hash(19);
	old.policy.name = "other";
	assert_int_equal(kf_policy_decide(&new.policy, &old.policy, &s),
			 KF_RULED_NAME_OTHER);
	/* Two of one group are no two groups: of the old, of its own. */
	old.policy.name = "acme";
	old.person[5].group = "ops";
	assert_int_equal(kf_policy_decide(&new.policy, &old.policy, &s),
			 KF_RULED_OLD_GROUPS);
	new.person[5].group = "ops";
	assert_int_equal(kf_policy_decide(&new.policy, &old.policy, &s),
			 KF_RULED_NEW_GROUPS);
	/* The first follows nothing. */
	set_up(&new);
	assert_int_equal(kf_policy_decide(&new.policy, NULL, &s),
			 KF_RULED_VERSION_STEP);
	new.policy.version = 1;
	assert_int_equal(kf_policy_decide(&new.policy, NULL, &s),
			 KF_RULED_PREVIOUS_OTHER);
	memset(&new.policy.previous, 0, sizeof(new.policy.previous));
	assert_int_equal(kf_policy_decide(&new.policy, NULL, &s),
			 KF_RULED_ALLOWED);
}

static void an_unsound_policy_is_named(void **state)
{
	struct world w;

	set_up(&w);
	assert_null(kf_policy_sound(&w.policy));
	w.key.quorum.approvals = 1;
	w.key.quorum.groups = 1;
	assert_non_null(kf_policy_sound(&w.policy));
	w.key.environment = KF_TEST;
	assert_null(kf_policy_sound(&w.policy));
	set_up(&w);
	w.key.quorum.approvals = 4;	/* there are three approvers */
	assert_non_null(kf_policy_sound(&w.policy));
	set_up(&w);
	w.person[3].group = "dev";
	w.key.quorum.groups = 3;
	w.key.quorum.approvals = 3;
	assert_non_null(kf_policy_sound(&w.policy));
	set_up(&w);
	w.policy.change.approvals = 3;
	assert_non_null(kf_policy_sound(&w.policy));
	w.policy.change = (struct kf_quorum){ 1, 1 };
	assert_non_null(kf_policy_sound(&w.policy));
	set_up(&w);
	w.policy.emergency.approvals = 6;
	assert_non_null(kf_policy_sound(&w.policy));
	set_up(&w);
	w.person[7].roles |= KF_ROLE(KF_REQUESTER);
	assert_non_null(kf_policy_sound(&w.policy));
	set_up(&w);
	w.person[6].roles |= KF_ROLE(KF_APPROVER);
	assert_non_null(kf_policy_sound(&w.policy));
	set_up(&w);
	w.person[6].name = "ci";
	assert_non_null(kf_policy_sound(&w.policy));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_policy_follows_by_both_quorums),
		cmocka_unit_test(a_policy_names_what_it_follows),
		cmocka_unit_test(an_unsound_policy_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
