/* Notes, checkpoints and proofs: the specifications' own examples and a worked
 * one made by another program, read, verified and written byte for byte; and
 * what their formats do not allow.
 */
#include "tests/model.h"
#include "tests/openssl.h"

#include "core/checkpoint.h"

#include <keyfit/host.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Source: C2SP/C2SP, signed-note.md, "Example", commit 5ba5ee83. */
static const char example_key[] =
	"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
#define EXAMPLE_TEXT "This is an example message.\n"
#define EXAMPLE_LINE "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
static const char example[] = EXAMPLE_TEXT "\n" EXAMPLE_LINE;

/* Made by another program, from keys whose seeds are the SHA-256 of "keyfit
 * ledger example log key" and "keyfit ledger example witness key". */
static const char log_key[] =
	"ledger.example/keyfit-demo+47c1e626+AZStA05VRSimckAKwBUYKMTkT0cTxpAnbJP3pbV3VILp";
static const char witness_key[] =
	"witness.example/w1+22da5711+BA8LeVeUdi8R4mxerLmYrJUAO2iaoQlfwCJqU5BHo/Dp";
#define WORKED_TEXT "ledger.example/keyfit-demo\n5\nXRv6ePsMO7UUEmRIBmp6yDbFNIpxJmQfVrWlsoOgUe4=\n"
#define WORKED_LOG "— ledger.example/keyfit-demo R8HmJu6MVwcaIuOUUxmZoTeTY3yK0Ji2qNA8sSvjYhgbzXTo7vX+of/wfDkOCZI+N/TiXyo7cjjU0+DiWKaTyD4I/Ac=\n"
#define WORKED_WITNESS "— witness.example/w1 ItpXEQAAAABpIXPAKDuOS822xGuqvhUBHBmAsKgNLP5gf94BD3qfLwcNM7N1Qii8VxZ1E4pfAAuCyilVbQWVdBfT+YOcjggPTtWSDQ==\n"
#define WORKED_CHECKPOINT WORKED_TEXT "\n" WORKED_LOG WORKED_WITNESS
#define WORKED_HASHES "jcsHl1Qam5Be5g/8q1UjzlUsCf//dnk+WsMifnNWCwM=\ndq6Gt71HHnadCATRfuP+5j5cxBC03Xn2zu8Noel59/s=\nyptg5m2oiywN7GBVKH5EqBoth+hZ7MfiWTbDz7h195Y=\n"
static const char worked_proof[] =
	"c2sp.org/tlog-proof@v1\nindex 2\n" WORKED_HASHES "\n"
	WORKED_CHECKPOINT;

static struct kf_env *env(void)
{
	struct kf_env *e = model_env();

	e->crypto = crypto;
	return e;
}

static struct kf_note_key key_of(const char *text)
{
	struct kf_note_key key;

	assert_int_equal(kf_note_key_read(&key, kf_text(text), crypto), KF_OK);
	return key;
}

static bool reads(struct kf_note *out, const char *text)
{
	struct kf_damage damage = { NULL, 0 };
	bool good = kf_note_read(out, kf_text(text), &damage);

	assert_true(good != (damage.field != NULL));
	return good;
}

static enum kf_answer3 ask(const char *text, const char *key)
{
	struct kf_note_key k = key_of(key);
	struct kf_note_said said;
	struct kf_note note;

	assert_true(reads(&note, text));
	assert_int_equal(kf_note_ask(&said, &note, &k, env()), KF_OK);
	return said.answer;
}

static void the_examples_of_the_specification_verify(void **state)
{
	struct kf_note note;

	assert_int_equal(ask(example, example_key), KF_YES);
	assert_true(reads(&note, example));
	assert_true(kf_equal(note.text, kf_text(EXAMPLE_TEXT)));
	assert_int_equal(note.num, 1);
}

static void texts_may_hold_empty_lines(void **state)
{
	struct kf_note note;

	assert_true(reads(&note, "a\n\n\nb\n\n" EXAMPLE_LINE));
	assert_true(kf_equal(note.text, kf_text("a\n\n\nb\n")));
	assert_int_equal(ask("a\n\n\nb\n\n" EXAMPLE_LINE, example_key),
			 KF_NO);
}

static void unknown_keys_say_nothing(void **state)
{
	static const char *const others[] = {
		"— example.com/fo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n",
		"— example.com/foo Uw2QO0n8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n",
	};
	char note[4096];

	for (size_t i = 0; i < 2; i++) {
		snprintf(note, sizeof(note), "%s\n%s", EXAMPLE_TEXT,
			 others[i]);
		assert_int_equal(ask(note, example_key), KF_NOT_ASKED);
		snprintf(note, sizeof(note), "%s%s", example, others[i]);
		assert_int_equal(ask(note, example_key), KF_YES);
	}
}

static void a_known_key_that_fails_spoils_the_note(void **state)
{
	char note[4096];

	/* The right signature, and one that does not hold: in either order. */
	snprintf(note, sizeof(note), "%s\n%s%s", EXAMPLE_TEXT, EXAMPLE_LINE,
		 "— example.com/foo Uw2QOgAAAAA=\n");
	assert_int_equal(ask(note, example_key), KF_NO);
	snprintf(note, sizeof(note), "%s\n%s%s", EXAMPLE_TEXT,
		 "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQQ=\n",
		 EXAMPLE_LINE);
	assert_int_equal(ask(note, example_key), KF_NO);
}

static void a_hundred_signatures_are_taken(void **state)
{
	char note[32768] = EXAMPLE_TEXT "\n" EXAMPLE_LINE;
	struct kf_note n;

	for (int i = 0; i < KF_NOTE_SIGNATURES_MAX - 1; i++)
		strcat(note, "— other.example AAAAAAA=\n");
	assert_int_equal(ask(note, example_key), KF_YES);
	strcat(note, "— other.example AAAAAAA=\n");
	assert_false(reads(&n, note));
}

static void long_signatures_are_passed_over(void **state)
{
	char note[32768] = EXAMPLE_TEXT "\n— pq.example ";
	struct kf_note n;

	/* ML-DSA-44: 4 and 8 and 2420 bytes. */
	for (int i = 0; i < (4 + 8 + 2420) / 3; i++)
		strcat(note, "AgMF");
	strcat(note, "AgM=\n" EXAMPLE_LINE);
	assert_int_equal(ask(note, example_key), KF_YES);
	assert_true(reads(&n, note));
	assert_int_equal(n.num, 2);
	strstr(note, "AgMF")[7] = '!';
	assert_false(reads(&n, note));
}

static void what_is_no_note_is_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"\n",
		"text\n",
		"text\n\n",
		"\n\n",
		"text\n" EXAMPLE_LINE,
		"text\n\n" "— example.com/foo Uw2QOgA=",	/* no end */
		"text\n\n" "- example.com/foo Uw2QOgA=\n",
		"text\n\n" "—example.com/foo Uw2QOgA=\n",
		"text\n\n" "— Uw2QOgA=\n",
		"text\n\n" "—  Uw2QOgA=\n",
		"text\n\n" "— a+b Uw2QOgA=\n",
		"text\n\n" "— a\xc2\xa0" "b Uw2QOgA=\n",
		"text\n\n" "— a\xe2\x80\x83" "b Uw2QOgA=\n",
		"text\n\n" "— a b Uw2QOgA=\n",
		"text\n\n" "— a Uw2QOgA= \n",
		"text\n\n" "— a Uw2QOg==\n",			/* no bytes */
		"text\n\n" "— a Uw2QOgA\n",
		"text\n\n" "— a Uw2QOgB=\n",			/* spare bits */
		"text\n\n" "— a Uw2Q_gA=\n",
		"text\n\n" "— a Uw2QOgA=\nx\n",
		"te\txt\n\n" "— a Uw2QOgA=\n",
		"te\rxt\n\n" "— a Uw2QOgA=\n",
		"te\xffxt\n\n" "— a Uw2QOgA=\n",
		"text\n\n" "— a Uw2QOgA=\n\n",
	};
	struct kf_note note;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (reads(&note, wrong[i]))
			fail_msg("taken: %s", wrong[i]);
	assert_true(reads(&note, "text\n\n" "— a Uw2QOgA=\n"));
}

static void what_is_no_key_is_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"example.com/foo",
		"example.com/foo+530d903a+",
		"+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/fo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+530d903a+BOkyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n",
		"example.com/foo+530d903a AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U",
	};
	struct kf_note_key key;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(kf_note_key_read(&key, kf_text(wrong[i]),
						  crypto), KF_WRONG_USE);
}

static void keys_are_written_as_they_were_read(void **state)
{
	static const char *const all[] = { example_key, log_key, witness_key };

	for (size_t i = 0; i < 3; i++) {
		struct kf_note_key key = key_of(all[i]);
		struct kf_bytes text = kf_note_key_write(&key, env()->arena);

		assert_true(kf_equal(text, kf_text(all[i])));
	}
}

static void cosignatures_tell_their_time(void **state)
{
	struct kf_note_key key = key_of(witness_key);
	struct kf_note_said said;
	struct kf_note note;

	assert_true(reads(&note, WORKED_CHECKPOINT));
	assert_int_equal(kf_note_ask(&said, &note, &key, env()), KF_OK);
	assert_int_equal(said.answer, KF_YES);
	assert_int_equal(said.time_s, 1763800000);
	assert_int_equal(ask(WORKED_CHECKPOINT, log_key), KF_YES);
	/* Another time in front of the same signature. */
	assert_int_equal(ask(WORKED_TEXT "\n" WORKED_LOG
			     "— witness.example/w1 ItpXEQAAAABpIXPBKDuOS822xGuqvhUBHBmAsKgNLP5gf94BD3qfLwcNM7N1Qii8VxZ1E4pfAAuCyilVbQWVdBfT+YOcjggPTtWSDQ==\n",
			     witness_key), KF_NO);
}

static void a_changed_checkpoint_has_no_signature_that_holds(void **state)
{
	static char text[] = WORKED_CHECKPOINT;
	size_t len = strlen(WORKED_TEXT), asked = 0;
	struct kf_note_key key = key_of(log_key);

	for (size_t i = 0; i < len * 8; i++) {
		struct kf_note_said said;
		struct kf_note note;

		text[i / 8] ^= (char)(1 << i % 8);
		if (kf_note_read(&note, kf_text(text), &(struct kf_damage)
				 { NULL, 0 })) {
			assert_int_equal(kf_note_ask(&said, &note, &key,
						     env()), KF_OK);
			assert_int_equal(said.answer, KF_NO);
			asked++;
		}
		text[i / 8] ^= (char)(1 << i % 8);
	}
	assert_true(asked > 400);
	print_message("# counted checkpoint-bits: %zu changed bits of a checkpoint, none of them signed\n",
		      asked);
}

static bool checkpoint_reads(struct kf_checkpoint *out, const char *text)
{
	struct kf_damage damage = { NULL, 0 };
	bool good = kf_checkpoint_read(out, kf_text(text), &damage);

	assert_true(good != (damage.field != NULL));
	return good;
}

static void checkpoints_are_read_line_by_line(void **state)
{
	static const char *const wrong[] = {
		"\n5\nXRv6ePsMO7UUEmRIBmp6yDbFNIpxJmQfVrWlsoOgUe4=\n",
		"a\n5\n",
		"a\n05\nXRv6ePsMO7UUEmRIBmp6yDbFNIpxJmQfVrWlsoOgUe4=\n",
		"a\n-5\nXRv6ePsMO7UUEmRIBmp6yDbFNIpxJmQfVrWlsoOgUe4=\n",
		"a\n5 \nXRv6ePsMO7UUEmRIBmp6yDbFNIpxJmQfVrWlsoOgUe4=\n",
		"a\n\nXRv6ePsMO7UUEmRIBmp6yDbFNIpxJmQfVrWlsoOgUe4=\n",
		"a\n9223372036854775808\nXRv6ePsMO7UUEmRIBmp6yDbFNIpxJmQfVrWlsoOgUe4=\n",
		"a\n99999999999999999999\nXRv6ePsMO7UUEmRIBmp6yDbFNIpxJmQfVrWlsoOgUe4=\n",
		"a\n5\nXRv6ePsMO7UUEmRIBmp6yDbFNIpxJmQfVrWlsoOgUe5=\n",
		"a\n5\nXRv6ePsMO7UUEmRIBmp6yDbFNIpxJmQfVrWlsoOgUQ==\n",
		"a\n5\nXRv6ePsMO7UUEmRIBmp6yDbFNIpxJmQfVrWlsoOgUe4\n",
		"a\n5\nXRv6ePsMO7UUEmRIBmp6yDbFNIpxJmQfVrWlsoOgUe4=\n\nmore\n",
	};
	struct kf_checkpoint c;
	char all[4096];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(all, sizeof(all), "%s\n%s", wrong[i], WORKED_LOG);
		if (checkpoint_reads(&c, all))
			fail_msg("taken: %s", all);
	}
	assert_true(checkpoint_reads(&c, WORKED_CHECKPOINT));
	assert_int_equal(c.size, 5);
	assert_true(kf_equal(c.origin, kf_text("ledger.example/keyfit-demo")));
	assert_int_equal(c.more.len, 0);
	assert_true(kf_equal(kf_checkpoint_text(c.origin, c.size, &c.root,
						env()->arena),
			     kf_text(WORKED_TEXT)));
	assert_true(checkpoint_reads(&c, "a\n9223372036854775807\nXRv6ePsMO7UUEmRIBmp6yDbFNIpxJmQfVrWlsoOgUe4=\nmore\n\n" WORKED_LOG));
	assert_true(kf_equal(c.more, kf_text("more\n")));
}

static void the_worked_proof_holds_and_is_written_the_same(void **state)
{
	struct kf_damage damage = { NULL, 0 };
	struct kf_log_proof p;
	struct kf_inclusion in = { .proof = &p.hashes };
	bool holds;

	assert_true(kf_log_proof_read(&p, kf_text(worked_proof), &damage));
	assert_int_equal(p.index, 2);
	assert_int_equal(p.hashes.num, 3);
	assert_int_equal(p.extra.len, 0);
	in.index = p.index;
	in.size = p.checkpoint.size;
	in.root = p.checkpoint.root;
	assert_int_equal(kf_hash_leaf(&in.leaf, crypto,
				      kf_text("{\"v\":1,\"i\":2}")), KF_OK);
	assert_int_equal(kf_inclusion_holds(&holds, &in, crypto), KF_OK);
	assert_true(holds);
	assert_true(kf_equal(kf_log_proof_write(2, kf_view(NULL, 0), &p.hashes,
						p.checkpoint.note.whole,
						env()->arena),
			     kf_text(worked_proof)));
}

static void other_proofs_are_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"c2sp.org/tlog-proof@v2\nindex 2\n\n" WORKED_CHECKPOINT,
		"c2sp.org/tlog-proof@v1\n\n" WORKED_CHECKPOINT,
		"c2sp.org/tlog-proof@v1\nindex 02\n\n" WORKED_CHECKPOINT,
		"c2sp.org/tlog-proof@v1\nindex 2\nAAAA\n\n" WORKED_CHECKPOINT,
		"c2sp.org/tlog-proof@v1\nindex 2\n" WORKED_HASHES
			WORKED_CHECKPOINT,
		"c2sp.org/tlog-proof@v1\nindex 2\n" WORKED_HASHES "\n\n"
			WORKED_CHECKPOINT,
		"c2sp.org/tlog-proof@v1\nextra \nindex 2\n\n"
			WORKED_CHECKPOINT,
		"c2sp.org/tlog-proof@v1\nextra A\nindex 2\n\n"
			WORKED_CHECKPOINT,
		"c2sp.org/tlog-proof@v1\nextra AA==AAAA\nindex 2\n\n"
			WORKED_CHECKPOINT,
		"c2sp.org/tlog-proof@v1\nindex 2\nextra AAAA\n\n"
			WORKED_CHECKPOINT,
		"c2sp.org/tlog-proof@v1\nindex 2\n\n" WORKED_TEXT,
	};
	struct kf_damage damage;
	struct kf_log_proof p;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (kf_log_proof_read(&p, kf_text(wrong[i]), &damage))
			fail_msg("taken: %s", wrong[i]);
	assert_true(kf_log_proof_read(&p, kf_text(
		"c2sp.org/tlog-proof@v1\nextra YWdl\nindex 0\n\n"
		WORKED_CHECKPOINT), &damage));
	assert_true(kf_equal(p.extra, kf_text("YWdl")));
	assert_true(kf_equal(kf_log_proof_write(0, p.extra, &p.hashes,
						p.checkpoint.note.whole,
						env()->arena), kf_text(
		"c2sp.org/tlog-proof@v1\nextra YWdl\nindex 0\n\n"
		WORKED_CHECKPOINT)));
}

static void no_proof_has_64_hashes(void **state)
{
	static char text[8192] = "c2sp.org/tlog-proof@v1\nindex 2\n";
	struct kf_damage damage;
	struct kf_log_proof p;

	for (int i = 0; i < 64; i++)
		strcat(text, "jcsHl1Qam5Be5g/8q1UjzlUsCf//dnk+WsMifnNWCwM=\n");
	strcat(text, "\n" WORKED_CHECKPOINT);
	assert_false(kf_log_proof_read(&p, kf_text(text), &damage));
}

/* The body of tlog-witness.md's own example, with its checkpoint's keys. */
static void requests_to_witnesses_are_written_as_read(void **state)
{
	static const char body[] =
		"old 20852014\n"
		"PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"
		"jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n"
		"5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n"
		"/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n"
		"\n"
		"example.com/behind-the-sofa\n"
		"20852163\n"
		"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
		"\n"
		"— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
	struct kf_damage damage;
	struct kf_witness_request r;

	assert_true(kf_witness_request_read(&r, kf_text(body), &damage));
	assert_int_equal(r.old_size, 20852014);
	assert_int_equal(r.hashes.num, 4);
	assert_true(kf_equal(kf_witness_request_write(
		r.old_size, &r.hashes, r.checkpoint.note.whole, env()->arena),
		kf_text(body)));
	assert_false(kf_witness_request_read(&r, kf_text(body + 1), &damage));
}

static void small_memory_is_no_answer(void **state)
{
	struct kf_note_key key = key_of(witness_key);
	struct kf_note_said said;
	struct kf_note note;
	struct kf_env *e = env();
	struct kf_arena small = { e->arena->base, 16, 0 };

	e->arena = &small;
	assert_true(reads(&note, WORKED_CHECKPOINT));
	assert_int_equal(kf_note_ask(&said, &note, &key, e), KF_NO_MEMORY);
	assert_true(said.answer != KF_YES);
	assert_int_equal(kf_note_key_write(&key, &small).len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(the_examples_of_the_specification_verify),
		MODEL_TEST(texts_may_hold_empty_lines),
		MODEL_TEST(unknown_keys_say_nothing),
		MODEL_TEST(a_known_key_that_fails_spoils_the_note),
		MODEL_TEST(a_hundred_signatures_are_taken),
		MODEL_TEST(long_signatures_are_passed_over),
		MODEL_TEST(what_is_no_note_is_refused),
		MODEL_TEST(what_is_no_key_is_refused),
		MODEL_TEST(keys_are_written_as_they_were_read),
		MODEL_TEST(cosignatures_tell_their_time),
		MODEL_TEST(a_changed_checkpoint_has_no_signature_that_holds),
		MODEL_TEST(checkpoints_are_read_line_by_line),
		MODEL_TEST(the_worked_proof_holds_and_is_written_the_same),
		MODEL_TEST(other_proofs_are_refused),
		MODEL_TEST(no_proof_has_64_hashes),
		MODEL_TEST(requests_to_witnesses_are_written_as_read),
		MODEL_TEST(small_memory_is_no_answer),
	};

	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
