/* Fuzzes a reader that is no format and no store: NAME is one of the table at
 * the end. What it makes of an input has to lie in the input.
 */
#include "world.h"

#include "analysis/entries.h"
#include "analysis/keys.h"
#include "analysis/pcr.h"
#include "core/bootoption.h"
#include "core/checkpoint.h"
#include "core/disk.h"
#include "core/dsse.h"
#include "core/loader.h"
#include "core/shim.h"
#include "host/collected.h"
#include "host/device.h"

#include <string.h>

/* inside: a view is of these bytes, or empty. */
static void inside(struct kf_bytes part, struct kf_bytes whole)
{
	if (part.len == 0)
		return;
	HOLDS(part.data >= whole.data);
	HOLDS(part.len <= whole.len);
	HOLDS((size_t)(part.data - whole.data) <= whole.len - part.len);
}

/* eventlog walks a log twice: both times it has the same events. */
static void eventlog(struct kf_bytes input)
{
	struct kf_eventlog log = kf_eventlog_open(input), again = log;
	struct kf_env *env = world_env(input.len);
	static struct kf_pcrs pcrs;
	struct kf_event event, same;
	uint64_t end = 0;

	(void)kf_eventlog_likely(input);
	kf_pcrs_start(&pcrs, &log);
	while (kf_eventlog_next(&log, &event)) {
		struct kf_event_variable variable;
		bool elsewhere;

		HOLDS(kf_eventlog_next(&again, &same));
		HOLDS(same.at == event.at && same.type == event.type);
		HOLDS(event.at >= end);
		end = event.at + event.len;
		HOLDS(end <= input.len);
		inside(event.data, input);
		inside(kf_event_measured(&event, &elsewhere), input);
		for (size_t b = 0; b < KF_BANKS_MAX; b++)
			inside(event.digest[b], input);
		if (kf_event_variable_read(&variable, event.data)) {
			inside(variable.name, event.data);
			inside(variable.data, event.data);
		}
		(void)kf_event_prove(&event, &log, env->crypto);
		if (kf_pcrs_event(&pcrs, &event, env->crypto) != KF_OK)
			return;
	}
	HOLDS(!kf_eventlog_next(&again, &same));
}

static bool ends(const char *text, size_t room)
{
	return memchr(text, 0, room) != NULL;
}

/* boot_options takes the input for three variables. */
static void boot_options(struct kf_bytes input)
{
	static struct kf_boot_options options;
	const struct kf_boot_option *o;
	size_t half = input.len / 2;

	memset(&options, 0, sizeof(options));
	kf_boot_variable(&options, "BootOrder", kf_part_of(input, 0, half));
	kf_boot_variable(&options, "BootNext", kf_part_of(input, 0, 2));
	kf_boot_variable(&options, "Boot0001", input);
	kf_boot_variable(&options, "Boot00FF",
			 kf_part_of(input, half, input.len - half));
	HOLDS(options.num <= KF_OPTIONS_OF_BOOT_MAX);
	for (size_t i = 0; (o = kf_boot_option_at(&options, i)); i++) {
		HOLDS(ends(o->label, sizeof(o->label)));
		HOLDS(ends(o->place, sizeof(o->place)));
		HOLDS(ends(o->loader, sizeof(o->loader)));
		HOLDS(i <= 2 * KF_OPTIONS_OF_BOOT_MAX);
	}
}

static void loader(struct kf_bytes input)
{
	struct kf_env *env = world_env(input.len);
	struct kf_source source = world_source(&input);
	size_t used = env->arena->used;
	struct kf_loader out;

	if (kf_loader_read(&out, &source, env) != KF_OK)
		return;
	HOLDS(out.kind < KF_NUM_LOADERS);
	HOLDS(ends(out.version, sizeof(out.version)));
	HOLDS(kf_loader_name(out.kind) && kf_loader_title(out.kind));
	HOLDS(env->arena->used == used);
}

static void shim(struct kf_bytes input)
{
	struct kf_shim out;

	kf_shim_read(&out, input);
	inside(out.vendor, input);
	inside(out.vendor_dbx, input);
	inside(out.sbat, input);
	inside(out.automatic, input);
	inside(out.latest, input);
	(void)kf_shim_is_certificate(out.vendor);
}

/* entries of a walk lie in it, one behind the other. */
static void entries(struct kf_bytes input)
{
	struct kf_entries walk = kf_entries_of(input);
	struct kf_entry entry;
	uint64_t end = 0;

	while (kf_entries_next(&walk, &entry)) {
		inside(entry.data, input);
		inside(entry.owner, input);
		HOLDS(entry.at >= end);
		end = entry.at + entry.data.len;
		HOLDS(end <= input.len);
	}
}

static void found(void *self, const struct kf_key_found *key)
{
	const uint64_t *size = self;

	HOLDS(key->form && key->kind);
	HOLDS(key->at <= *size && key->len <= *size - key->at);
	HOLDS(key->bytes.len <= key->len);
}

static void keys(struct kf_bytes input)
{
	struct kf_env *env = world_env(input.len);
	struct kf_source source = world_source(&input);
	enum kf_status status = kf_keys_find(&source, env, found,
					     &source.size);

	(void)status;
}

static void disk(struct kf_bytes input)
{
	struct kf_source source = world_source(&input);
	uint64_t at = 0;

	if (kf_disk_esp(&at, &source) == KF_OK)
		HOLDS(at <= input.len);
}

/* count_dbx counts what a collected file tells of one variable. */
static enum kf_status count_dbx(void *self, const char *name,
				struct kf_bytes bytes)
{
	static const char dbx[] = "dbx-d719b2cb-3d3a-4596-a3bc-dad00e67656f";
	int *num = self;

	HOLDS(name && (bytes.data || bytes.len == 0));
	*num += strcmp(name, dbx) == 0;
	return KF_OK;
}

/* as_device reads it as one: a part is there, not there or unknown, and a
 * variable that is told twice is unknown. */
static void as_device(struct kf_bytes input, int num_dbx)
{
	struct kf_env *env = world_env(input.len);
	struct kf_device_memory memory = { .work = { *env, *env->arena } };
	struct kf_fault why = { "", "" };
	struct kf_device device = { .memory = &memory };
	struct kf_ask ask = { 0 };
	struct kf_opening o = { .device = &device, .ask = &ask,
				.memory = &memory, .why = &why };
	const struct kf_store *store;

	memory.work.env.arena = &memory.work.arena;
	if (kf_collected_read(&o, "input", "a machine", input) != KF_OK) {
		HOLDS(why.what[0]);
		return;
	}
	HOLDS(device.num_verifiers && device.name);
	store = &device.verifier[0].store;
	HOLDS(kf_store_part(store, "secure-boot"));
	for (size_t i = 0; i < store->num_parts; i++)
		HOLDS(store->part[i].bytes.len == 0 ||
		      store->part[i].presence == KF_PRESENT);
	HOLDS(num_dbx < 2 || kf_store_presence(store, "dbx") == KF_UNKNOWN);
}

static void collected(struct kf_bytes input)
{
	static struct kf_pcr_values values;
	struct kf_fault why = { "", "" };
	struct kf_output log = { 0 };
	int num_dbx = 0;

	if (!kf_collected_likely(input))
		return;
	if (kf_collected_each(input, count_dbx, &num_dbx, &why) != KF_OK)
		HOLDS(why.what[0]);
	if (kf_collected_log(&log, &values, input, &why) != KF_OK)
		HOLDS(why.what[0]);
	HOLDS(log.len < input.len);
	kf_output_close(&log);
	as_device(input, num_dbx);
}

/* notes: what is read of a log has one form: written again it is the input. */
static void notes(struct kf_bytes input)
{
	struct kf_env *env = world_env(input.len);
	struct kf_damage damage = { NULL, 0 };
	static struct kf_log_proof proof;
	static struct kf_witness_request request;
	struct kf_note_signature s;
	struct kf_note_key key;
	struct kf_note note;
	size_t at = 0, num = 0;

	if (kf_note_read(&note, input, &damage)) {
		while (kf_note_next(&s, &note, &at)) {
			inside(s.line, input);
			inside(s.name, s.line);
			num++;
		}
		HOLDS(num == note.num && num > 0);
		HOLDS(note.text.len + 1 + note.lines.len == input.len);
	} else {
		HOLDS(damage.field && damage.at <= input.len);
	}
	if (kf_log_proof_read(&proof, input, &damage))
		HOLDS(kf_equal(input, kf_log_proof_write(
			proof.index, proof.extra, &proof.hashes,
			proof.checkpoint.note.whole, env->arena)));
	if (kf_witness_request_read(&request, input, &damage))
		HOLDS(kf_equal(input, kf_witness_request_write(
			request.old_size, &request.hashes,
			request.checkpoint.note.whole, env->arena)));
	if (kf_note_key_read(&key, input, env->crypto) == KF_OK)
		HOLDS(kf_equal(input, kf_note_key_write(&key, env->arena)));
}

/* envelopes: what is written of one is read as the same. */
static void envelopes(struct kf_bytes input)
{
	struct kf_env *env = world_env(input.len);
	static struct kf_dsse read, again;
	const char *what = NULL;
	struct kf_bytes text;

	if (kf_dsse_read(&read, &what, input, env) != KF_OK)
		return;
	HOLDS(read.num > 0);
	text = kf_dsse_write(&read, env->arena);
	if (text.len == 0 ||
	    kf_dsse_read(&again, &what, text, env) == KF_NO_MEMORY)
		return;
	HOLDS(kf_equal(read.payload, again.payload));
	HOLDS(kf_equal(read.type, again.type) && read.num == again.num);
	for (size_t i = 0; i < read.num; i++) {
		HOLDS(kf_equal(read.signature[i].sig, again.signature[i].sig));
		HOLDS(kf_equal(read.signature[i].keyid,
			       again.signature[i].keyid));
	}
}

void fuzz(struct kf_bytes input)
{
	static const struct {
		const char *name;
		void (*read)(struct kf_bytes input);
	} readers[] = {
		{ "eventlog", eventlog }, { "boot-options", boot_options },
		{ "collected", collected }, { "disk", disk }, { "entries", entries }, { "keys", keys },
		{ "envelopes", envelopes }, { "loader", loader },
		{ "notes", notes }, { "shim", shim },
	};

	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		if (strcmp(readers[i].name, NAME) == 0)
			readers[i].read(input);
}
