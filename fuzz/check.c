/* Fuzzes whole checks: an artifact and the parts of a store in one input.
 *
 * Asserts what no verifier may break: nothing is accepted by an empty store
 * with Secure Boot on, dbx only ever takes away, an answer given without a
 * part stands whatever that part holds, and deciding twice changes nothing.
 *
 * Input: profile, presence (two bits a part), secure-boot and the like,
 * supposed certificates, trouble (kind, amount); lengths of db, dbx, dbt
 * (u16le); they; the file.
 */
#include "world.h"

enum { DB, DBX, DBT, PARTS };

static const char *const names[PARTS] = { "db", "dbx", "dbt" };

enum {
	FLAG_PARTIAL = 1,
	FLAG_OFF = 2,
	FLAG_SETUP = 4,
	FLAG_NO_FILE = 8,
	FLAG_ANY_MACHINE = 16,
	FLAG_STATE = 32,
	FLAG_STATE_OFF = 64,
	FLAG_ENABLE = 128,
};

struct input {
	const struct kf_rules *rules;
	uint8_t flags;
	uint8_t num_suppose;
	uint8_t trouble, amount;
	enum kf_presence presence[PARTS];
	struct kf_bytes part[PARTS];
	struct kf_bytes file;
};

static const struct kf_rules *pick(size_t index)
{
	size_t num = 0;

	while (kf_rules_at(num))
		num++;
	return kf_rules_at(index % num);
}

static struct input parse(struct kf_bytes bytes)
{
	static const enum kf_presence presences[] = {
		KF_PRESENT, KF_ABSENT, KF_UNKNOWN, KF_PRESENT,
	};
	struct kf_cursor c = kf_cursor_over(bytes, 0);
	struct input in = { .rules = pick(kf_u8(&c, "profile")) };
	uint8_t presence = kf_u8(&c, "presence");
	size_t len[PARTS];

	in.flags = kf_u8(&c, "flags");
	in.num_suppose = kf_u8(&c, "suppose") % 4;
	in.trouble = kf_u8(&c, "trouble") % 4;
	in.amount = kf_u8(&c, "amount");
	for (int i = 0; i < PARTS; i++)
		len[i] = kf_u16le(&c, "length");
	for (int i = 0; i < PARTS; i++) {
		in.presence[i] = presences[presence >> 2 * i & 3];
		if (len[i] > kf_left(&c))
			len[i] = kf_left(&c);
		in.part[i] = kf_take(&c, len[i], "part");
	}
	in.file = kf_take(&c, kf_left(&c), "file");
	return in;
}

static void put(struct kf_store *store, const char *name,
		enum kf_presence presence, struct kf_bytes bytes)
{
	struct kf_part part = { .name = name, .presence = presence };

	if (presence == KF_PRESENT)
		part.bytes = bytes;
	HOLDS(kf_store_put(store, &part));
}

static void fill(struct kf_store *out, const struct input *in)
{
	static const uint8_t off[] = { 0 }, on[] = { 1 };
	struct kf_bytes state = kf_view(in->flags & FLAG_STATE_OFF ? off : on,
					1);
	struct kf_store empty = { .complete = !(in->flags & FLAG_PARTIAL) };

	*out = empty;
	for (int i = 0; i < PARTS; i++)
		put(out, names[i], in->presence[i], in->part[i]);
	put(out, "pk", in->flags & FLAG_SETUP ? KF_ABSENT : KF_PRESENT, state);
	if (in->flags & FLAG_STATE)
		put(out, "secure-boot", KF_PRESENT, state);
	if (in->flags & FLAG_ENABLE)
		put(out, "secure-boot-enable", KF_PRESENT, state);
	if (in->flags & FLAG_OFF)
		HOLDS(kf_store_set(out, "secure-boot",
				   in->flags & FLAG_STATE_OFF ? "off" : "on"));
	if (in->flags & FLAG_ANY_MACHINE)
		HOLDS(kf_store_set(out, "machine",
				   in->flags & FLAG_STATE_OFF ? "?" : "x64"));
}

/* suppose hands certificates of db over as signers that nobody was: all of
 * the first list, or the toy certificates of the first lists. */
static void suppose(struct kf_artifact *artifact, const struct input *in)
{
	enum { AROUND = 44, TOY_LEN = 40 };
	static struct kf_bytes ders[4];
	struct kf_bytes db = in->part[DB];

	for (size_t i = 0; i < in->num_suppose; i++)
		ders[i] = kf_part_of(db, AROUND + (AROUND + TOY_LEN) * i,
				     TOY_LEN);
	if (in->num_suppose == 1 && db.len > AROUND)
		ders[0] = kf_part_of(db, AROUND, db.len - AROUND);
	artifact->suppose = ders;
	artifact->num_suppose = in->num_suppose;
}

/* run asks once, or twice in a row. Fails: as kf_check does. */
static enum kf_status run(enum kf_answer *out, const struct input *in,
			  bool again)
{
	struct kf_bytes file = in->file;
	struct kf_env *env = world_env(file.len);
	struct kf_source source = world_source(&file);
	bool no_file = in->num_suppose && in->flags & FLAG_NO_FILE;
	static struct kf_verdict v;
	struct kf_artifact artifact;
	struct kf_store store;
	enum kf_status status;

	*out = KF_UNDECIDED;
	fill(&store, in);
	kf_store_prepare(&store, in->rules, env);
	kf_artifact_read(&artifact, NULL, no_file ? NULL : &source, env);
	suppose(&artifact, in);
	kf_artifact_prepare(&artifact, in->rules, env);
	status = kf_check(&v, &artifact, &store, in->rules, env);
	if (status == KF_OK) {
		world_verdict(&v);
		*out = v.not_enforced ? v.enforced_answer : v.answer;
	}
	if (status == KF_OK && again) {
		status = kf_check(&v, &artifact, &store, in->rules, env);
		HOLDS(status == KF_OK);
		HOLDS(*out ==
		      (v.not_enforced ? v.enforced_answer : v.answer));
	}
	kf_artifact_close(&artifact, env);
	return status;
}

static bool is_known(const struct input *in, int part)
{
	return in->presence[part] != KF_UNKNOWN ||
	       !(in->flags & FLAG_PARTIAL);
}

/* An answer that was given without a part has to be the one with it. */
static void without(const struct input *in, int part, enum kf_answer with)
{
	struct input other = *in;
	enum kf_answer answer;

	other.flags |= FLAG_PARTIAL;
	other.presence[part] = KF_UNKNOWN;
	for (int i = 0; i < PARTS; i++)
		if (i != part && is_known(in, i) &&
		    in->presence[i] == KF_UNKNOWN)
			other.presence[i] = KF_ABSENT;
	if (run(&answer, &other, false) != KF_OK)
		return;
	if (answer == KF_ACCEPT)
		HOLDS(with == KF_ACCEPT);
	if (answer == KF_REJECT)
		HOLDS(with != KF_ACCEPT);
}

void fuzz(struct kf_bytes input)
{
	struct input in = parse(input);
	enum kf_answer answer;

	world_trouble((enum world_trouble)in.trouble, in.amount);
	if (run(&answer, &in, true) != KF_OK)
		return;
	if (in.presence[DB] != KF_PRESENT || in.part[DB].len == 0)
		HOLDS(answer != KF_ACCEPT);
	for (int i = 0; i < PARTS; i++)
		if (is_known(&in, i))
			without(&in, i, answer);
	if (answer == KF_ACCEPT && in.presence[DBX] == KF_PRESENT) {
		in.presence[DBX] = KF_ABSENT;
		HOLDS(run(&answer, &in, false) != KF_OK ||
		      answer == KF_ACCEPT);
	}
}
