/* The table says something of every part of every verifier, and nothing of what
 * there is not; and what decides is counted as the lists have it.
 *
 * The certificates are Microsoft's own files (tests/data/microsoft/certs); the
 * digests of their keys were worked out with openssl(1).
 */
#include "tests/model.h"

#include "analysis/anchors.h"
#include "core/variables.h"

#include <keyfit/host.h>

#include <stdio.h>
#include <string.h>

static const struct kf_crypto *crypto;
static struct kf_work work;

static int open_all(void **state)
{
	struct kf_fault why = { "", "" };

	(void)state;
	crypto = kf_openssl_open(&why);
	return crypto && kf_work_open(&work, KF_ARENA_LEN, crypto, 1800000000,
				      &why) == KF_OK ? 0 : -1;
}

static int close_all(void **state)
{
	(void)state;
	kf_work_close(&work);
	kf_openssl_close(crypto);
	return 0;
}

/* has tells whether a verifier has a part, or a setting. */
static bool has(const struct kf_verifier *v, const struct kf_anchor_row *row)
{
	for (size_t i = 0; v->parts[i] &&
	     row->reading != KF_ANCHOR_SETTING; i++)
		if (kf_same(v->parts[i], row->part))
			return true;
	for (size_t i = 0; v->choices[i].name; i++)
		if (row->reading == KF_ANCHOR_SETTING &&
		    kf_same(v->choices[i].name, row->part))
			return true;
	/* What edk2 keeps without being told by --trust. */
	return row->reading == KF_ANCHOR_FLAG && kf_variable_of(row->part);
}

static size_t rows_for(const struct kf_verifier *v, const char *part)
{
	const struct kf_anchor_row *row;
	size_t num = 0;

	for (size_t i = 0; (row = kf_anchor_row_at(i)); i++)
		num += kf_anchor_word(row->verifiers, v->name) &&
		       kf_same(row->part, part);
	return num;
}

static void every_part_of_every_verifier_has_one_row(void **state)
{
	const struct kf_rules *rules;

	for (size_t i = 0; (rules = kf_rules_at(i)); i++)
		for (size_t k = 0; rules->verifier->parts[k]; k++)
			if (rows_for(rules->verifier,
				     rules->verifier->parts[k]) != 1)
				fail_msg("%s: %s", rules->verifier->name,
					 rules->verifier->parts[k]);
}

static void every_row_is_about_a_part_that_there_is(void **state)
{
	const struct kf_anchor_row *row;

	for (size_t i = 0; (row = kf_anchor_row_at(i)); i++) {
		const struct kf_rules *rules;
		size_t num = 0;

		for (size_t k = 0; (rules = kf_rules_at(k)); k++) {
			const struct kf_verifier *v = rules->verifier;

			if (!kf_anchor_word(row->verifiers, v->name))
				continue;
			num++;
			if (!has(v, row))
				fail_msg("%s: %s", v->name, row->part);
		}
		assert_true(num > 0);
	}
}

/* words_are_parts: each of them is a part of the verifier that holds keys. */
static bool words_are_parts(const struct kf_anchor_row *row)
{
	char word[64];
	const char *at = row->by;
	int len;

	while (sscanf(at, "%63s%n", word, &len) == 1) {
		const struct kf_anchor_row *other;
		bool found = false;

		at += len;
		for (size_t i = 0; (other = kf_anchor_row_at(i)); i++)
			found |= kf_same(other->part, word) &&
				 kf_same(other->verifiers, row->verifiers) &&
				 (other->role == KF_ANCHOR_STARTS ||
				  other->role == KF_ANCHOR_GIVES);
		/* shim is signed by who is in db, which edk2 shares. */
		found |= kf_same(row->part, "shim") && kf_same(word, "db");
		if (!found)
			return false;
	}
	return true;
}

static void every_row_says_all_and_where_from(void **state)
{
	const struct kf_anchor_row *row;

	for (size_t i = 0; (row = kf_anchor_row_at(i)); i++) {
		assert_true(row->what[0] && row->held[0] && row->who[0] &&
			    row->change[0] && row->back[0]);
		if (!strchr(row->source, '/'))
			fail_msg("%s: %s", row->part, row->source);
		if (!words_are_parts(row))
			fail_msg("%s: %s", row->part, row->by);
	}
}

static void every_profile_has_a_clock_rule_and_a_program(void **state)
{
	const struct kf_rules *rules;
	struct kf_store store = { .complete = true };
	struct kf_anchors out;
	struct kf_known known;

	kf_known_start(&known);
	for (size_t i = 0; (rules = kf_rules_at(i)); i++) {
		kf_work_again(&work, 0);
		assert_int_equal(kf_anchors_of(&out, &store, rules, &known,
					       &work.env), KF_OK);
		if (!out.clock || !out.code || !out.clock->source[0])
			fail_msg("%s", rules->name);
	}
}

/* Every line is of a profile or a verifier that there is. */
static void every_clock_rule_is_about_a_profile(void **state)
{
	const struct kf_anchor_clock *clock;

	for (size_t i = 0; (clock = kf_anchor_clock_at(i)); i++) {
		const struct kf_rules *rules;
		size_t num = 0;

		for (size_t k = 0; (rules = kf_rules_at(k)); k++)
			num += kf_anchor_word(clock->rules, rules->name) ||
			       kf_anchor_word(clock->rules,
					      rules->verifier->name);
		if (num == 0)
			fail_msg("%s", clock->rules);
	}
}

static struct kf_bytes certificate(const char *name)
{
	struct kf_text_file file;
	struct kf_fault why = { "", "" };
	struct kf_bytes out;
	char path[512];

	snprintf(path, sizeof(path), DATA "/microsoft/certs/%s.der", name);
	if (kf_text_file_read(&file, path, 1 << 20, &why) != KF_OK)
		fail_msg("%s: %s", path, why.what);
	out = model_copy(file.bytes);
	kf_text_file_close(&file);
	return out;
}

static void put(struct kf_store *store, const char *name, struct kf_bytes bytes)
{
	const struct kf_part part = { .name = name, .presence = KF_PRESENT,
				      .bytes = bytes };

	assert_true(kf_store_put(store, &part));
}

static void look(struct kf_anchors *out, const struct kf_store *store,
		 const char *rules)
{
	static struct kf_known known;

	kf_known_start(&known);
	kf_work_again(&work, 0);
	assert_int_equal(kf_anchors_of(out, store, kf_rules_find(rules),
				       &known, &work.env), KF_OK);
}

static struct kf_bytes list_of(const char *name)
{
	return model_list(model_x509, certificate(name));
}

static const struct kf_anchor_part *part_of(const struct kf_anchors *a,
					    const char *name)
{
	for (size_t i = 0; i < a->num_parts; i++)
		if (kf_same(a->part[i].name, name))
			return &a->part[i];
	fail_msg("no %s", name);
	return NULL;
}

/* One key in db twice, and in KEK: it starts once and gives once. */
static void a_key_counts_once_in_each_role(void **state)
{
	struct kf_store store = { .complete = true };
	struct kf_anchors out;
	struct kf_bytes ca = list_of("uefi-ca-2023");

	put(&store, "pk", list_of("windows-oem-devices-pk"));
	put(&store, "kek", ca);
	put(&store, "db", model_join(ca, ca));
	look(&out, &store, "edk2");
	assert_int_equal(out.num_anchors, 4);
	assert_int_equal(out.num_starts, 1);
	assert_int_equal(out.num_gives, 2);
	assert_int_equal(part_of(&out, "db")->num, 2);
	assert_int_equal(out.num_unknown, 0);
	assert_int_equal(out.num_exposed, 0);
	assert_null(out.off.reason);
	assert_int_equal(part_of(&out, "dbx")->presence, KF_ABSENT);
}

/* Digests of images start by themselves, and have no owner. */
static void digests_are_counted(void **state)
{
	struct kf_store store = { .complete = true };
	struct kf_anchors out;

	put(&store, "pk", list_of("windows-oem-devices-pk"));
	put(&store, "db", model_join(model_list(model_sha256,
						model_fill(32, 7)),
				     list_of("uefi-ca-2011")));
	put(&store, "dbx", model_list(model_sha256, model_fill(32, 9)));
	look(&out, &store, "edk2");
	assert_int_equal(out.num_digests, 1);
	assert_int_equal(out.num_starts, 1);
	assert_int_equal(part_of(&out, "dbx")->num_digests, 1);
}

/* Microsoft's are known, by the whole certificate. */
static void known_owners_are_named(void **state)
{
	static const char key[] =
		"2c627ccbb690409550ad6e2d46a03eb10aa6d62d272a5dc3c86a8863ae19b2bb";
	struct kf_store store = { .complete = true };
	struct kf_anchors out;
	struct kf_bytes other;

	put(&store, "pk", list_of("windows-oem-devices-pk"));
	put(&store, "db", list_of("uefi-ca-2011"));
	look(&out, &store, "edk2");
	assert_int_equal(out.anchor[1].owner, KF_OWNER_KNOWN);
	assert_string_equal(out.anchor[1].owner_name, "Microsoft");
	assert_true(kf_hex_is(key, kf_view(out.anchor[1].spki.bytes, 32)));

	/* With another byte in its signature it is another one, that says it
	 * is Microsoft's. */
	other = certificate("uefi-ca-2011");
	model_poke(other, other.len - 1, 1, other.data[other.len - 1] ^ 1);
	put(&store, "db", model_list(model_x509, other));
	look(&out, &store, "edk2");
	assert_int_equal(out.anchor[1].owner, KF_OWNER_SAYS);
	assert_int_equal(out.num_unowned, 1 + (out.anchor[0].owner <=
					       KF_OWNER_TEST));
}

/* What is not known is counted where it would decide, and only there. */
static void unknown_parts_are_counted_where_they_decide(void **state)
{
	struct kf_store store = { .complete = false };
	struct kf_anchors out;

	look(&out, &store, "edk2");
	assert_int_equal(out.num_unknown, 3);	/* pk, kek, db */
	assert_int_equal(part_of(&out, "dbx")->presence, KF_UNKNOWN);
	look(&out, &store, "shim-16.1");
	assert_int_equal(out.num_unknown, 5);	/* shim, mok too */
	look(&out, &store, "rauc-1.8");
	assert_int_equal(out.num_unknown, 2);	/* both keyrings */
}

/* A part that the table does not have is not left out. */
static void a_part_without_a_row_is_named(void **state)
{
	struct kf_store store = { .complete = true };
	struct kf_anchors out;

	put(&store, "something", model_fill(4, 1));
	look(&out, &store, "rauc-1.8");
	assert_null(part_of(&out, "something")->row);
	assert_int_equal(part_of(&out, "something")->presence, KF_PRESENT);
}

/* More anchors than are kept is said. */
static void too_many_are_said(void **state)
{
	struct kf_bytes one = list_of("uefi-ca-2023");
	static uint8_t all[(KF_ANCHORS_MAX + 1) * 1600];
	struct kf_store store = { .complete = true };
	struct kf_anchors out;
	size_t len = 0;

	for (size_t i = 0; i < KF_ANCHORS_MAX; i++, len += one.len)
		memcpy(all + len, one.data, one.len);
	put(&store, "db", kf_view(all, len));
	look(&out, &store, "edk2");
	assert_false(out.more);
	assert_int_equal(part_of(&out, "db")->num, KF_ANCHORS_MAX);
	memcpy(all + len, one.data, one.len);
	put(&store, "db", kf_view(all, len + one.len));
	look(&out, &store, "edk2");
	assert_true(out.more);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(every_part_of_every_verifier_has_one_row),
		MODEL_TEST(every_row_is_about_a_part_that_there_is),
		MODEL_TEST(every_row_says_all_and_where_from),
		MODEL_TEST(every_profile_has_a_clock_rule_and_a_program),
		MODEL_TEST(every_clock_rule_is_about_a_profile),
		MODEL_TEST(a_key_counts_once_in_each_role),
		MODEL_TEST(digests_are_counted),
		MODEL_TEST(known_owners_are_named),
		MODEL_TEST(unknown_parts_are_counted_where_they_decide),
		MODEL_TEST(a_part_without_a_row_is_named),
		MODEL_TEST(too_many_are_said),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
