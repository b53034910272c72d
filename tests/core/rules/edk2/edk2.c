/* Parts that are not known, modes, machines.
 *
 * Expected values: the command line contract. A verdict is given only if
 * every completion of the store would give the same; else it is unknown and
 * names the part. The completions are tried here one by one, each of them as
 * a whole store.
 */
#include "tests/model.h"

#include <string.h>

enum { DB, DBX, DBT, PARTS };

static const char *const names[PARTS] = { "db", "dbx", "dbt" };
static struct kf_bytes none, plain, trusted, revoked, other, stamper;
static struct kf_verdict verdict;

static int open_edk2(void **state)
{
	struct model_image spec = { 0 };

	model_open(state);
	none = kf_view(NULL, 0);
	plain = model_image(&spec);
	trusted = model_certificate('t', KF_WHY_NO_PATH);
	revoked = model_certificate('r', KF_WHY_NO_PATH);
	other = model_certificate('o', KF_WHY_NO_PATH);
	stamper = model_certificate('s', KF_WHY_NO_PATH);
	return 0;
}

static struct kf_bytes x509(struct kf_bytes der)
{
	return model_list(model_x509, der);
}

static struct kf_bytes tbs(struct kf_bytes der, unsigned year)
{
	return model_list(model_x509_sha256, model_timed(
		model_digest(KF_SHA256, model_tbs(der)), year));
}

static struct kf_bytes hash(struct kf_bytes image)
{
	return model_list(model_sha256, model_image_digest(KF_SHA256, image));
}

/* signed_by is the image with one signature: leaf, then its issuer. */
static struct kf_bytes signed_by(struct kf_bytes leaf, struct kf_bytes issuer,
				 bool stamped)
{
	struct model_signature s = { .kind = KF_SHA256,
				     .certificate = { leaf, issuer },
				     .num_certificates = issuer.len ? 2 : 1,
				     .stamped = stamped };

	return model_sign(plain, &s, 1);
}

/* unknown gives a partial store no part; NONE says that it is absent. */
static const struct kf_bytes unknown = { NULL, 1 };

/* ask judges a file by parts given one by one. */
static enum kf_answer ask(struct kf_bytes file, struct kf_bytes db,
			  struct kf_bytes dbx, struct kf_bytes dbt)
{
	struct kf_bytes part[] = { db, dbx, dbt };
	struct kf_store store = { .complete = false };

	for (int i = 0; i < PARTS; i++)
		if (part[i].data || part[i].len == 0)
			model_put(&store, names[i], part[i]);
	return model_ask(&verdict, file, &store, "edk2-2025.02");
}

/* waits_for tells whether the last answer is unknown for want of a part. */
static bool waits_for(const char *part)
{
	return verdict.answer == KF_UNDECIDED &&
	       model_same(verdict.why.reason->slug, "store-part-unknown") &&
	       verdict.why.num_evidence == 1 &&
	       verdict.why.evidence[0].kind == KF_EV_STORE_PART &&
	       model_same(verdict.why.evidence[0].name, part) &&
	       model_same(verdict.outcome, "unknown");
}

static bool refused(const char *slug)
{
	return verdict.answer == KF_REJECT &&
	       model_same(verdict.why.reason->slug, slug);
}

static void a_trusted_file_without_dbx_waits_for_dbx(void **state)
{
	struct kf_bytes file = signed_by(trusted, none, false);

	ask(file, x509(trusted), unknown, unknown);
	assert_true(waits_for("dbx"));
	ask(file, x509(trusted), none, unknown);
	assert_int_equal(verdict.answer, KF_ACCEPT);
	ask(file, x509(trusted), x509(other), unknown);
	assert_int_equal(verdict.answer, KF_ACCEPT);
}

static void a_file_that_db_does_not_trust_is_refused_without_dbx(void **state)
{
	ask(signed_by(trusted, none, false), x509(other), unknown, unknown);
	assert_true(refused("signer-unknown"));
	ask(signed_by(trusted, none, false), none, unknown, unknown);
	assert_true(refused("signer-unknown"));
	ask(plain, x509(other), unknown, unknown);
	assert_true(refused("signature-missing"));
}

static void an_unsigned_file_waits_for_db_and_for_dbx(void **state)
{
	ask(plain, unknown, none, none);
	assert_true(waits_for("db"));
	ask(plain, hash(plain), unknown, none);
	assert_true(waits_for("dbx"));
	ask(plain, hash(plain), none, unknown);
	assert_int_equal(verdict.answer, KF_ACCEPT);
	ask(plain, unknown, unknown, unknown);
	assert_int_equal(verdict.answer, KF_UNDECIDED);
}

static void a_revoked_file_is_refused_without_db(void **state)
{
	struct kf_bytes file = signed_by(trusted, revoked, false);

	ask(file, unknown, x509(revoked), unknown);
	assert_true(refused("certificate-revoked"));
	ask(file, unknown, hash(plain), unknown);
	assert_true(refused("image-hash-revoked"));
	ask(file, unknown, tbs(trusted, 0), unknown);
	assert_true(refused("certificate-hash-revoked"));
	ask(plain, unknown, hash(plain), unknown);
	assert_true(refused("image-hash-revoked"));
	/* The digest of an issuer in dbx does nothing: UEFI-35. */
	ask(file, unknown, tbs(revoked, 0), unknown);
	assert_true(waits_for("db"));
}

/* ask_least judges by parts of which some entries are known, or by whole
 * ones. */
static enum kf_answer ask_least(struct kf_bytes file, struct kf_bytes db,
				bool db_whole, struct kf_bytes dbx,
				bool dbx_whole)
{
	struct kf_bytes list[] = { db, dbx };
	bool whole[] = { db_whole, dbx_whole };
	struct kf_store store = { .complete = false };

	for (int i = 0; i < 2; i++) {
		struct kf_part part = { .name = names[i], .least = list[i] };

		if (whole[i]) {
			part.presence = list[i].len ? KF_PRESENT : KF_ABSENT;
			part.bytes = list[i];
			part.least = none;
		}
		assert_true(kf_store_put(&store, &part));
	}
	model_put(&store, "dbt", none);
	return model_ask(&verdict, file, &store, "edk2-2025.02");
}

static void known_entries_decide_where_no_others_can(void **state)
{
	struct kf_bytes file = signed_by(trusted, revoked, false);

	ask_least(file, x509(trusted), false, none, false);
	assert_true(waits_for("dbx"));
	ask_least(file, x509(trusted), false, x509(revoked), false);
	assert_true(refused("certificate-revoked"));
	/* Where the entry stands on the device is not known. */
	for (size_t i = 0; i < verdict.why.num_evidence; i++)
		assert_int_equal(verdict.why.evidence[i].list, 0);
	ask_least(plain, none, false, hash(plain), false);
	assert_true(refused("image-hash-revoked"));
	/* db may hold the image's own digest besides. */
	ask_least(file, x509(other), false, none, true);
	assert_true(waits_for("db"));
	/* More in db takes nothing away. */
	ask_least(file, x509(trusted), false, none, true);
	assert_int_equal(verdict.answer, KF_ACCEPT);
	/* But for an issuer that stands before it, and dbx has its digest. */
	ask_least(file, x509(trusted), false, tbs(other, 0), true);
	assert_true(waits_for("db"));
	ask_least(file, x509(trusted), true, tbs(other, 0), true);
	assert_int_equal(verdict.answer, KF_ACCEPT);
}

enum { ENTRIES = 4, SETS = 1 << ENTRIES };

/* What is known of a part is held against each whole part that has it: where
 * there is an answer, all of them have it. */
static void no_completion_contradicts_an_answer(void **state)
{
	struct kf_bytes entry[ENTRIES] = { x509(trusted), x509(revoked),
					   hash(plain), tbs(trusted, 0) };
	struct kf_bytes file[] = { signed_by(trusted, none, false),
				   signed_by(trusted, revoked, false), plain };
	struct kf_bytes set[SETS] = { { NULL, 0 } };
	static enum kf_answer whole[SETS][SETS];
	unsigned decided = 0, accepted = 0;

	for (unsigned s = 1; s < SETS; s++)
		for (unsigned e = 0; e < ENTRIES; e++)
			if (s & 1u << e)
				set[s] = model_join(set[s], entry[e]);
	for (size_t f = 0; f < 3; f++) {
		for (unsigned a = 0; a < SETS; a++)
			for (unsigned b = 0; b < SETS; b++)
				whole[a][b] = ask_least(file[f], set[a], true,
							set[b], true);
		for (unsigned n = 0; n < 3 * SETS * SETS; n++) {
			unsigned a = n % SETS, b = n / SETS % SETS;
			unsigned which = 1 + n / SETS / SETS;
			enum kf_answer answer = ask_least(
				file[f], set[a], !(which & 1), set[b],
				!(which & 2));

			decided += answer != KF_UNDECIDED;
			accepted += answer == KF_ACCEPT;
			for (unsigned x = 0; x < SETS; x++)
				for (unsigned y = 0; y < SETS; y++)
					assert_true(answer == KF_UNDECIDED ||
						(which & 1 ? (x & a) != a
							   : x != a) ||
						(which & 2 ? (y & b) != b
							   : y != b) ||
						whole[x][y] == answer);
		}
	}
	assert_true(accepted > 50);
	assert_true(decided > 100);
}

static void dbt_is_waited_for_where_a_stamp_could_save(void **state)
{
	struct kf_bytes stamped = signed_by(trusted, none, true);
	struct kf_bytes unstamped = signed_by(trusted, none, false);
	struct kf_bytes db = x509(trusted);

	ask(stamped, db, tbs(trusted, MODEL_STAMP_YEAR + 1), unknown);
	assert_true(waits_for("dbt"));
	/* Too late, for ever, or no stamp: dbt changes nothing. */
	ask(stamped, db, tbs(trusted, MODEL_STAMP_YEAR - 1), unknown);
	assert_true(refused("certificate-hash-revoked"));
	ask(stamped, db, tbs(trusted, 0), unknown);
	assert_true(refused("certificate-hash-revoked"));
	ask(unstamped, db, tbs(trusted, MODEL_STAMP_YEAR + 1), unknown);
	assert_true(refused("certificate-hash-revoked"));
	/* Nothing with a time in dbx: dbt is not asked. */
	ask(stamped, db, x509(other), unknown);
	assert_int_equal(verdict.answer, KF_ACCEPT);
	/* Given, it decides. */
	ask(stamped, db, tbs(trusted, MODEL_STAMP_YEAR + 1), none);
	assert_true(refused("certificate-hash-revoked"));
	ask(stamped, db, tbs(trusted, MODEL_STAMP_YEAR + 1), x509(stamper));
	assert_int_equal(verdict.answer, KF_ACCEPT);
}

static void a_file_that_no_store_can_save_is_refused_at_once(void **state)
{
	struct kf_bytes cut = model_join(signed_by(trusted, none, false),
					 none);

	model_poke(cut, 64, 1, 'X');
	ask(cut, unknown, unknown, unknown);
	assert_true(refused("pe-malformed"));
	/* The table does not end where it says: refused in any case. */
	cut = model_attach(plain, model_join(model_entry(2,
			   model_fill(64, 'x')), model_fill(8, 0)));
	ask(cut, unknown, unknown, unknown);
	assert_true(refused("certificate-table-malformed"));
	/* Only signatures that are passed over: nothing is looked up. */
	cut = model_attach(plain, model_entry(1, model_fill(64, 'x')));
	ask(cut, unknown, unknown, unknown);
	assert_true(refused("signature-type-unsupported"));
}

static void a_store_that_stops_the_firmware_refuses_without_the_rest(void **s)
{
	struct kf_bytes list = x509(other);

	model_poke(list, 24, 4, 0);		/* SignatureSize */
	ask(signed_by(trusted, none, false), list, unknown, unknown);
	assert_true(refused("verifier-fault"));
	assert_true(model_same(verdict.outcome, "device-fault"));
	ask(signed_by(trusted, none, false), unknown, list, unknown);
	assert_true(refused("verifier-fault"));
}

/* Every completion: what each part may hold, for the files below. */
enum { CHOICES = 9 };

static size_t choices(struct kf_bytes out[CHOICES], int part)
{
	size_t num = 0;

	out[num++] = none;
	out[num++] = x509(other);
	out[num++] = part == DBT ? x509(stamper) : x509(trusted);
	if (part == DBT)
		return num;
	out[num++] = x509(revoked);
	out[num++] = hash(plain);
	if (part == DB)
		return num;
	out[num++] = tbs(trusted, 0);
	out[num++] = tbs(trusted, MODEL_STAMP_YEAR + 1);
	out[num++] = tbs(revoked, 0);
	out[num++] = tbs(trusted, MODEL_STAMP_YEAR - 1);
	return num;
}

/* completed asks with every completion of the parts that are unknown.
 * Returns the answer that they share; KF_UNDECIDED: they differ. */
static enum kf_answer completed(struct kf_bytes file,
				const struct kf_bytes part[PARTS])
{
	struct kf_bytes choice[PARTS][CHOICES];
	size_t num[PARTS];
	bool seen[KF_REJECT + 1] = { false };

	for (int i = 0; i < PARTS; i++) {
		bool open = part[i].len && !part[i].data;

		num[i] = open ? choices(choice[i], i) : 1;
		if (!open)
			choice[i][0] = part[i];
	}
	for (size_t i = 0; i < num[DB] * num[DBX] * num[DBT]; i++) {
		struct kf_store store = { .complete = true };

		model_put(&store, "pk", model_fill(1, 1));
		model_put(&store, "db", choice[DB][i % num[DB]]);
		model_put(&store, "dbx",
			  choice[DBX][i / num[DB] % num[DBX]]);
		model_put(&store, "dbt", choice[DBT][i / num[DB] / num[DBX]]);
		seen[model_ask(&verdict, file, &store, "edk2-2025.02")] = true;
	}
	assert_false(seen[KF_UNDECIDED]);
	return seen[KF_ACCEPT] && seen[KF_REJECT] ? KF_UNDECIDED
	       : seen[KF_ACCEPT] ? KF_ACCEPT : KF_REJECT;
}

/* hold_against tries all stores of which some parts are not known. */
static void hold_against(struct kf_bytes file)
{
	struct kf_bytes choice[PARTS][CHOICES + 1], part[PARTS];
	size_t num[PARTS], before = 0;

	for (int i = 0; i < PARTS; i++) {
		num[i] = choices(choice[i], i);
		choice[i][num[i]++] = unknown;
	}
	for (size_t i = 0; i < num[DB] * num[DBX] * num[DBT]; i++) {
		enum kf_answer want;

		part[DB] = choice[DB][i % num[DB]];
		part[DBX] = choice[DBX][i / num[DB] % num[DBX]];
		part[DBT] = choice[DBT][i / num[DB] / num[DBX]];
		want = completed(file, part);
		ask(file, part[DB], part[DBX], part[DBT]);
		if (verdict.answer != want)
			print_message("# db %zu dbx %zu dbt %zu\n",
				      i % num[DB], i / num[DB] % num[DBX],
				      i / num[DB] / num[DBX]);
		assert_int_equal(verdict.answer, want);
		before += want == KF_UNDECIDED;
	}
	assert_true(before > 0);
}

static void a_verdict_is_what_every_completion_gives(void **state)
{
	/* A tenth of the room is enough for one file. */
	hold_against(signed_by(trusted, none, false));
}

static void so_it_is_for_a_stamped_file(void **state)
{
	hold_against(signed_by(trusted, revoked, true));
}

static void so_it_is_for_an_unsigned_file(void **state)
{
	hold_against(plain);
}

static void so_it_is_for_a_file_of_two_signatures(void **state)
{
	struct model_signature two[] = {
		{ .kind = KF_SHA256, .certificate = { revoked },
		  .num_certificates = 1 },
		{ .kind = KF_SHA256, .certificate = { trusted },
		  .num_certificates = 1, .stamped = true },
	};

	hold_against(model_sign(plain, two, 2));
}

/* More signatures than keyfit weighs do not matter where nobody looks at
 * them; whether the image can be laid out does. */
static void without_enforcement_it_still_has_to_load(void **state)
{
	struct model_signature many[KF_SIGNATURES_MAX + 1] = { { 0 } };
	struct kf_store store = { .complete = false };
	struct kf_bytes image;

	for (size_t i = 0; i < KF_SIGNATURES_MAX + 1; i++) {
		many[i].kind = KF_SHA256;
		many[i].certificate[0] = trusted;
		many[i].num_certificates = 1;
	}
	image = model_sign(plain, many, KF_SIGNATURES_MAX + 1);
	model_put(&store, "pk", none);
	assert_int_equal(model_ask(&verdict, image, &store, "edk2"),
			 KF_ACCEPT);
	assert_int_equal(verdict.enforced_answer, KF_UNDECIDED);
	model_poke(image, model_optional_at(image) + 68, 2, 1);
	assert_int_equal(model_ask(&verdict, image, &store, "edk2"),
			 KF_REJECT);
	assert_true(model_same(verdict.why.reason->slug, "load-layout"));
}

/* A debug directory that ends with the budget was not held against the
 * gate to its end. */
static void what_was_not_gated_is_not_known_to_load(void **state)
{
	struct kf_store store = { .complete = false };
	struct kf_source source = model_source(&plain);
	struct kf_artifact artifact = { .source = &source };
	const struct kf_rules *rules = kf_rules_find("edk2-2025.02");
	struct kf_env *env = model_env();
	struct kf_bytes copy = model_copy(plain);
	size_t debug = model_directory_at(copy, 6);

	model_poke(copy, debug, 4, 0x1000);
	model_poke(copy, debug + 4, 4, 28);
	source = model_source(&copy);
	model_put(&store, "pk", none);
	kf_store_prepare(&store, rules, env);
	env->steps = 27;
	kf_artifact_prepare(&artifact, rules, env);
	assert_int_equal(artifact.status, KF_OK);
	assert_int_equal(kf_check(&verdict, &artifact, &store, rules, env),
			 KF_OK);
	assert_int_equal(verdict.answer, KF_UNDECIDED);
	assert_true(model_same(verdict.why.reason->slug, "beyond-limits"));
	kf_artifact_close(&artifact, env);
}

static void without_enforcement_every_sound_image_starts(void **state)
{
	struct kf_store store = { .complete = false };
	struct kf_bytes broken = model_copy(plain);

	model_put(&store, "pk", none);
	assert_int_equal(model_ask(&verdict, plain, &store, "edk2"),
			 KF_ACCEPT);
	assert_true(verdict.not_enforced);
	assert_int_equal(verdict.enforced_answer, KF_UNDECIDED);
	assert_true(model_same(verdict.enforced.reason->slug,
			       "store-part-unknown"));
	assert_true(model_same(verdict.warning[0].reason->slug,
			       "not-enforced"));
	model_put(&store, "db", x509(other));
	assert_int_equal(model_ask(&verdict, plain, &store, "edk2"),
			 KF_ACCEPT);
	assert_int_equal(verdict.enforced_answer, KF_REJECT);
	model_poke(broken, 64, 1, 'X');
	assert_int_equal(model_ask(&verdict, broken, &store, "edk2"),
			 KF_REJECT);
	assert_true(refused("pe-malformed"));
}

static void an_image_for_another_machine_is_not_started(void **state)
{
	static const struct {
		unsigned machine;
		const char *setting;
		enum kf_answer answer;
	} all[] = {
		{ 0x8664, NULL, KF_ACCEPT }, { 0x8664, "x64", KF_ACCEPT },
		{ 0xaa64, NULL, KF_REJECT }, { 0xaa64, "aa64", KF_ACCEPT },
		{ 0x014c, "x64", KF_REJECT }, { 0x014c, "ia32", KF_ACCEPT },
		{ 0x8664, "aa64", KF_REJECT },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct model_image spec = { .machine = all[i].machine };
		struct kf_bytes image = model_image(&spec);
		struct kf_store store = { .complete = true };

		model_put(&store, "pk", model_fill(1, 1));
		model_put(&store, "db", hash(image));
		if (all[i].setting)
			assert_true(kf_store_set(&store, "machine",
						 all[i].setting));
		assert_int_equal(model_ask(&verdict, image, &store,
					   "edk2-2025.02"), all[i].answer);
		if (all[i].answer == KF_REJECT)
			assert_true(refused("wrong-machine"));
	}
}

static void an_empty_store_accepts_nothing(void **state)
{
	static const char *const rules[] = { "edk2", "edk2-2022.11",
					     "edk2-2025.02" };
	struct kf_store store = { .complete = true };

	model_put(&store, "pk", model_fill(1, 1));
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(model_ask(&verdict, plain, &store, rules[i]),
				 KF_REJECT);
		assert_int_equal(model_ask(&verdict,
				signed_by(trusted, none, false), &store,
				rules[i]), KF_REJECT);
	}
}

#define EDK2_TEST(name) cmocka_unit_test_setup(name, open_edk2)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EDK2_TEST(a_trusted_file_without_dbx_waits_for_dbx),
		EDK2_TEST(
		    a_file_that_db_does_not_trust_is_refused_without_dbx),
		EDK2_TEST(an_unsigned_file_waits_for_db_and_for_dbx),
		EDK2_TEST(a_revoked_file_is_refused_without_db),
		EDK2_TEST(known_entries_decide_where_no_others_can),
		EDK2_TEST(no_completion_contradicts_an_answer),
		EDK2_TEST(dbt_is_waited_for_where_a_stamp_could_save),
		EDK2_TEST(a_file_that_no_store_can_save_is_refused_at_once),
		EDK2_TEST(
		    a_store_that_stops_the_firmware_refuses_without_the_rest),
		EDK2_TEST(a_verdict_is_what_every_completion_gives),
		EDK2_TEST(so_it_is_for_a_stamped_file),
		EDK2_TEST(so_it_is_for_an_unsigned_file),
		EDK2_TEST(so_it_is_for_a_file_of_two_signatures),
		EDK2_TEST(without_enforcement_it_still_has_to_load),
		EDK2_TEST(what_was_not_gated_is_not_known_to_load),
		EDK2_TEST(without_enforcement_every_sound_image_starts),
		EDK2_TEST(an_image_for_another_machine_is_not_started),
		EDK2_TEST(an_empty_store_accepts_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
