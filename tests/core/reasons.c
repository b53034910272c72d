/* The closed list of reasons, and how findings are put together.
 */
#include "tests/model.h"

#include "core/reasons.h"

#include <string.h>

static void every_slug_is_kebab_case(void **state)
{
	const struct kf_reason *r;

	for (size_t i = 0; (r = kf_reason_at(i)); i++) {
		size_t len = strlen(r->slug);

		assert_true(len > 0);
		assert_int_equal(strspn(r->slug, "abcdefghijklmnopqrstuvwxyz"
					"0123456789-"), len);
		assert_true(r->slug[0] != '-' && r->slug[len - 1] != '-');
		assert_null(strstr(r->slug, "--"));
	}
}

static void every_slug_is_unique_and_found(void **state)
{
	const struct kf_reason *r;

	for (size_t i = 0; (r = kf_reason_at(i)); i++)
		assert_ptr_equal(kf_reason_find(r->slug), r);
	assert_null(kf_reason_find("no-such-reason"));
	assert_null(kf_reason_find(""));
	assert_null(kf_reason_at(KF_NUM_REASONS));
}

static void every_reason_says_what_and_what_to_do(void **state)
{
	const struct kf_reason *r;

	for (size_t i = 0; (r = kf_reason_at(i)); i++) {
		assert_true(strlen(r->sentence) > 10);
		assert_true(strlen(r->advice) > 10);
		assert_true(r->advice[strlen(r->advice) - 1] != '.');
		assert_true(r->sentence[strlen(r->sentence) - 1] != '.');
	}
}

/* The places that a text may leave to the evidence, by reasons.def. */
static void every_place_in_braces_is_a_known_one(void **state)
{
	static const char *const places[] = {
		"signature", "certificate", "role", "entry", "part", "digest",
		"field", "row", "at", "value", "bound", "when", "text",
		"issued", "verifier",
	};
	const struct kf_reason *r;

	for (size_t i = 0; (r = kf_reason_at(i)); i++)
		for (const char *p = strchr(r->sentence, '{'); p;
		     p = strchr(p + 1, '{')) {
			size_t len = strcspn(p + 1, "}");
			bool known = false;

			assert_true(p[1 + len] == '}');
			for (size_t k = 0; k < sizeof(places) /
						 sizeof(places[0]); k++)
				known |= strlen(places[k]) == len &&
					 strncmp(places[k], p + 1, len) == 0;
			assert_true(known);
		}
}

static void a_finding_starts_empty(void **state)
{
	struct kf_finding f;

	memset(&f, 0xff, sizeof(f));
	kf_find(&f, KF_REASON_SIGNER_UNKNOWN, "UEFI-19");
	assert_true(model_same(f.reason->slug, "signer-unknown"));
	assert_true(model_same(f.rule, "UEFI-19"));
	assert_int_equal(f.num_evidence, 0);
}

static void evidence_beyond_the_table_does_not_leave_it(void **state)
{
	struct kf_finding f = { 0 };

	for (int i = 0; i < KF_EVIDENCE_MAX + 3; i++)
		kf_prove_text(&f, "text");
	assert_int_equal(f.num_evidence, KF_EVIDENCE_MAX);
}

static void evidence_holds_what_was_put_in(void **state)
{
	struct kf_finding f = { 0 };

	kf_prove_field(&f, "Magic", 88, 2);
	kf_prove_value(&f, 1, 2);
	kf_prove_signature(&f, 3, 400, 1471);
	kf_prove_certificate(&f, "signer", kf_text("der"));
	assert_int_equal(f.num_evidence, 3);
	assert_int_equal(f.evidence[0].kind, KF_EV_FIELD);
	assert_true(f.evidence[0].at == 88 && f.evidence[0].len == 2);
	assert_true(f.evidence[0].has_value && f.evidence[0].has_bound);
	assert_true(f.evidence[0].value == 1 && f.evidence[0].bound == 2);
	assert_int_equal(f.evidence[1].signature, 3);
	assert_true(f.evidence[1].len == 1471);
	assert_false(f.evidence[1].has_value);
	assert_true(model_same(f.evidence[2].name, "signer"));
	assert_int_equal(f.evidence[2].bytes.len, 3);
}

static void a_full_table_of_warnings_takes_no_more(void **state)
{
	struct kf_verdict v = { 0 };

	for (int i = 0; i < KF_WARNINGS_MAX; i++)
		assert_non_null(kf_warn(&v, KF_REASON_NOT_ENFORCED, NULL));
	assert_null(kf_warn(&v, KF_REASON_NOT_ENFORCED, NULL));
	assert_int_equal(v.num_warnings, KF_WARNINGS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(every_slug_is_kebab_case),
		MODEL_TEST(every_slug_is_unique_and_found),
		MODEL_TEST(every_reason_says_what_and_what_to_do),
		MODEL_TEST(every_place_in_braces_is_a_known_one),
		MODEL_TEST(a_finding_starts_empty),
		MODEL_TEST(evidence_beyond_the_table_does_not_leave_it),
		MODEL_TEST(evidence_holds_what_was_put_in),
		MODEL_TEST(a_full_table_of_warnings_takes_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
