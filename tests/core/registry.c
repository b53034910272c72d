/* The tables: every line is found by its name, and the walks end.
 */
#include "tests/model.h"

#include <string.h>

static void every_format_is_whole_and_has_its_own_name(void **state)
{
	const struct kf_format *f, *g;

	for (size_t i = 0; (f = kf_format_at(i)); i++) {
		assert_true(f->name[0] && f->title[0]);
		assert_true(f->recognise && f->read && f->describe);
		for (size_t k = 0; k < i && (g = kf_format_at(k)); k++)
			assert_string_not_equal(f->name, g->name);
	}
	assert_non_null(kf_format_at(0));
	assert_null(kf_format_at(SIZE_MAX));
}

static void every_kind_of_store_is_whole_and_has_its_own_name(void **state)
{
	const struct kf_store_kind *s, *t;

	for (size_t i = 0; (s = kf_store_kind_at(i)); i++) {
		assert_true(s->name[0] && s->title[0]);
		assert_true(s->recognise && s->read && s->describe);
		for (size_t k = 0; k < i && (t = kf_store_kind_at(k)); k++)
			assert_string_not_equal(s->name, t->name);
	}
	assert_non_null(kf_store_kind_at(0));
	assert_null(kf_store_kind_at(SIZE_MAX));
}

static void every_profile_is_found_by_its_name(void **state)
{
	const struct kf_rules *r;

	for (size_t i = 0; (r = kf_rules_at(i)); i++) {
		assert_ptr_equal(kf_rules_find(r->name), r);
		assert_true(r->title[0] && r->verifier);
		assert_true(r->verifier->prepare && r->verifier->release);
		assert_true(r->verifier->decide);
		assert_non_null(r->verifier->prepare_store);
		assert_true(strncmp(r->name, r->verifier->name,
				    strlen(r->verifier->name)) == 0);
	}
	assert_null(kf_rules_find("edk"));
	assert_null(kf_rules_find("edk2-"));
	assert_null(kf_rules_find(""));
	assert_null(kf_rules_at(SIZE_MAX));
}

static void a_verifier_is_made_for_its_own_files(void **state)
{
	const struct kf_verifier *edk2 = kf_rules_find("edk2")->verifier;
	const struct kf_format *format;
	size_t num = 0;

	for (size_t i = 0; (format = kf_format_at(i)); i++) {
		bool pe = kf_same(format->name, "pe");

		assert_int_equal(kf_verifier_takes(edk2, format), pe);
		num += pe;
	}
	assert_int_equal(num, 1);
	assert_false(kf_verifier_takes(edk2, NULL));
}

/* What `keyfit check` promises to know. */
static void the_profiles_of_edk2_are_there(void **state)
{
	assert_false(kf_rules_find("edk2")->judged);
	assert_true(kf_rules_find("edk2-2022.11")->judged);
	assert_true(kf_rules_find("edk2-2025.02")->judged);
}

static void what_nobody_recognises_has_no_format(void **state)
{
	static const char *const none[] = { "", "M", "MZ", "hello", "#!/bin/sh" };

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		struct kf_bytes b = kf_text(none[i]);

		struct kf_source source = kf_bytes_source(&b);

		assert_null(kf_format_of(b, &source));
		assert_null(kf_store_kind_of(b));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(every_format_is_whole_and_has_its_own_name),
		MODEL_TEST(every_kind_of_store_is_whole_and_has_its_own_name),
		MODEL_TEST(every_profile_is_found_by_its_name),
		MODEL_TEST(the_profiles_of_edk2_are_there),
		MODEL_TEST(a_verifier_is_made_for_its_own_files),
		MODEL_TEST(what_nobody_recognises_has_no_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
