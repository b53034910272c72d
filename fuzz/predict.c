/* Fuzzes event logs: read, replayed, and predicted from.
 *
 * Asserts that a register with an unknown event has no value and a known one
 * has, that events which stay are those of the log, and that where nothing
 * changes no value does.
 *
 * Input: flags; lengths of db and dbx before, db and dbx after, a loader before
 * and after (u16le); they; the log.
 */
#include "world.h"

#include "analysis/predict.h"

#include <string.h>

enum { NUM_VIEWS = 6 };

enum {
	FLAG_PARTIAL = 1,
	FLAG_OFF_BEFORE = 2,
	FLAG_OFF_AFTER = 4,
	FLAG_SAME_COMMANDS = 8,
	FLAG_KEEP = 16,
	FLAG_SAME = 32,
};

struct input {
	uint8_t flags;
	struct kf_bytes view[NUM_VIEWS];
	struct kf_bytes log;
};

static struct input parse(struct kf_bytes bytes)
{
	struct kf_cursor c = kf_cursor_over(bytes, 0);
	struct input in = { .flags = kf_u8(&c, "flags") };
	size_t len[NUM_VIEWS];

	for (int i = 0; i < NUM_VIEWS; i++)
		len[i] = kf_u16le(&c, "length");
	for (int i = 0; i < NUM_VIEWS; i++) {
		if (len[i] > kf_left(&c))
			len[i] = kf_left(&c);
		in.view[i] = kf_take(&c, len[i], "view");
	}
	in.log = kf_take(&c, kf_left(&c), "log");
	return in;
}

static void put(struct kf_store *store, const char *name,
		struct kf_bytes bytes)
{
	struct kf_part part = { .name = name, .bytes = bytes,
				.presence = bytes.len ? KF_PRESENT
						      : KF_ABSENT };

	HOLDS(kf_store_put(store, &part));
}

static void fill(struct kf_store *out, const struct input *in,
		 enum kf_side side)
{
	static const struct kf_store empty;
	bool off = in->flags & (side == KF_AFTER ? FLAG_OFF_AFTER
						 : FLAG_OFF_BEFORE);

	*out = empty;
	out->complete = !(in->flags & FLAG_PARTIAL);
	put(out, "pk", kf_text("platform key"));
	put(out, "db", in->view[2 * side]);
	put(out, "dbx", in->view[2 * side + 1]);
	HOLDS(kf_store_set(out, "secure-boot", off ? "off" : "on"));
}

/* sound holds a forecast against what is true of all of them. */
static void sound(const struct kf_forecast *f, bool nothing_changes)
{
	bool unknown[KF_NUM_PCRS] = { false };

	for (size_t i = 0; i < f->num; i++) {
		const struct kf_forecast_event *e = &f->event[i];

		HOLDS(kf_predictable(e->pcr));
		HOLDS(e->fate != KF_FATE_KEPT || e->number);
		HOLDS(!nothing_changes || e->fate == KF_FATE_KEPT ||
		      !f->known[e->pcr]);
		unknown[e->pcr] |= e->fate == KF_FATE_UNKNOWN;
	}
	for (unsigned pcr = 0; pcr < KF_NUM_PCRS; pcr++) {
		HOLDS(f->known[pcr] == (kf_predictable(pcr) &&
					!unknown[pcr]));
		for (size_t b = 0; b < f->log.num_banks; b++) {
			const struct kf_digest *was, *will;

			was = &f->pcrs[KF_BEFORE].value[b][pcr];
			will = &f->pcrs[KF_AFTER].value[b][pcr];
			HOLDS(f->known[pcr] || will->len == 0);
			HOLDS(!nothing_changes || !f->known[pcr] ||
			      (was->len == will->len &&
			       memcmp(was->bytes, will->bytes,
				      was->len) == 0));
		}
	}
}

void fuzz(struct kf_bytes bytes)
{
	struct input in = parse(bytes);
	struct kf_store before, after;
	struct kf_boot_file file = { "loader", in.view[4], in.view[5],
				     !(in.flags & FLAG_SAME) };
	struct kf_plan plan = {
		.log = in.log,
		.store = { &before, &after },
		.firmware = kf_rules_find("edk2"),
		.file = &file,
		.num_files = 1,
		.same_commands = in.flags & FLAG_SAME_COMMANDS,
		.keep_unexplained = in.flags & FLAG_KEEP,
	};
	struct kf_forecast f;

	if (in.flags & FLAG_SAME) {
		file.after = file.before;
		in.view[2] = in.view[0];
		in.view[3] = in.view[1];
		in.flags &= (uint8_t)~(FLAG_OFF_BEFORE | FLAG_OFF_AFTER);
	}
	fill(&before, &in, KF_BEFORE);
	fill(&after, &in, KF_AFTER);
	if (kf_predict(&f, &plan, world_env(bytes.len)) == KF_OK)
		sound(&f, in.flags & FLAG_SAME);
}
