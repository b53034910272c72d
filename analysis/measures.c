/* Goes through the images of a boot in their order: what the firmware measures
 * of them, and the entry of db that let each of them start.
 *
 * Source: edk2 SecurityPkg/Library/DxeImageVerificationLib/Measurement.c:
 * SecureBootHook, IsDataMeasured (each authority once); SecurityPkg/Library/
 * DxeTpm2MeasureBootLib/DxeTpm2MeasureBootLib.c:Tcg2MeasurePeImage. UEFI-94 to
 * UEFI-99.
 */
#include "measures.h"

#include <string.h>

#include "core/variables.h"
#include "signatures.h"

enum {
	PCR_POLICY = 7,
	PCR_DRIVERS = 2,
	PCR_LOADERS = 4,
	ITEMS_A_STAGE = 48,	/* signatures and slots */
};

bool kf_part_differs(const struct kf_boot *boot, const char *name)
{
	const struct kf_part *a = kf_store_part(boot->store[KF_BEFORE], name);
	const struct kf_part *b = kf_store_part(boot->store[KF_AFTER], name);
	enum kf_presence was, will;

	was = kf_store_presence(boot->store[KF_BEFORE], name);
	will = kf_store_presence(boot->store[KF_AFTER], name);
	if (was != will)
		return true;
	return was == KF_PRESENT && (!kf_equal(a->bytes, b->bytes) ||
				     a->attributes != b->attributes);
}

/* by_variables is what the firmware makes of PK and SecureBootEnable at its
 * next start. A partial store that says nothing of PK leaves it open. */
static enum kf_answer3 by_variables(const struct kf_store *store)
{
	const struct kf_part *on = kf_store_part(store, "secure-boot-enable");

	if (kf_store_presence(store, "pk") == KF_ABSENT)
		return KF_NO;
	if (kf_store_presence(store, "pk") == KF_UNKNOWN ||
	    (on && on->presence == KF_UNKNOWN))
		return KF_NOT_ASKED;
	return on && on->presence == KF_PRESENT && on->bytes.len &&
	       on->bytes.data[0] != 1 ? KF_NO : KF_YES;
}

/* secure_of: is Secure Boot on at the start that is told? What a running system
 * said of it holds as long as nobody touches PK. */
static enum kf_answer3 secure_of(const struct kf_boot *boot,
				 enum kf_side side)
{
	const struct kf_store *store = boot->store[side];
	const char *setting = kf_store_setting(store, "secure-boot");
	const struct kf_part *now = kf_store_part(store, "secure-boot");
	bool was = kf_store_presence(boot->store[KF_BEFORE], "pk") ==
		   KF_PRESENT;

	if (kf_store_presence(store, "pk") == KF_ABSENT)
		return KF_NO;
	if (setting)
		return kf_same(setting, "on") ? KF_YES : KF_NO;
	if (now && now->presence == KF_PRESENT && now->bytes.len == 1 &&
	    (side == KF_BEFORE || was))
		return now->bytes.data[0] == 1 ? KF_YES : KF_NO;
	return by_variables(store);
}

void kf_boot_compare(struct kf_boot *boot)
{
	static const char *const by_firmware[] = { "db", "dbx", "dbt" };
	static const char *const by_shim[] = {
		"mok", "mokx", "mok-sb-state", "mok-db-state", "sbat-level",
		"sbat-policy",
	};

	for (int side = 0; side < KF_NUM_SIDES; side++)
		boot->secure[side] = secure_of(boot, (enum kf_side)side);
	boot->firmware_differs = boot->secure[KF_BEFORE] !=
				 boot->secure[KF_AFTER];
	for (size_t i = 0; i < sizeof(by_firmware) / sizeof(*by_firmware); i++)
		boot->firmware_differs |= kf_part_differs(boot, by_firmware[i]);
	boot->shim_differs = boot->firmware_differs;
	for (size_t i = 0; i < sizeof(by_shim) / sizeof(*by_shim); i++)
		boot->shim_differs |= kf_part_differs(boot, by_shim[i]);
}

struct kf_measure *kf_measure_add(struct kf_telling *t, enum kf_slot slot,
				  uint32_t pcr, uint32_t type)
{
	struct kf_measure *m;

	if (t->out->num == t->out->max) {
		t->status = KF_TOO_MUCH;
		return NULL;
	}
	m = &t->out->item[t->out->num++];
	memset(m, 0, sizeof(*m));
	m->stage = t->stage;
	m->slot = slot;
	m->order = 2 * (t->stage * (KF_SLOT_END + 1) + slot) + 1;
	m->pcr = pcr;
	m->type = type;
	return m;
}

void kf_measure_end(struct kf_telling *t, const char *why, const char *about)
{
	size_t before = t->out->num;
	struct kf_measure *m = kf_measure_add(t, KF_SLOT_END, 0, 0);

	t->ended = true;
	if (!m)
		return;
	/* A stage that does not start leaves nothing. */
	if (!before || m[-1].stage != t->stage || m[-1].slot < KF_SLOT_IMAGE)
		m->order = 2 * t->stage * (KF_SLOT_END + 1);
	m->open = true;
	m->why = why;
	m->about = about;
	if (!t->boot->stage[t->stage].file)
		m->missing = t->boot->stage[t->stage].event;
}

void kf_measure_undecided(struct kf_telling *t, bool changes, const char *why,
			  const char *about)
{
	t->out->undecided[t->stage] = true;
	t->out->any_undecided = true;
	if (changes && t->side == KF_AFTER)
		kf_measure_end(t, why, about);
}

static void put_u64(uint8_t *out, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		out[i] = (uint8_t)(value >> 8 * i);
}

struct kf_bytes kf_variable_data(const uint8_t guid[16], const char *name,
				 struct kf_bytes data, struct kf_arena *arena)
{
	enum { NAME_AT = 32 };
	size_t name_len = kf_text(name).len;
	size_t len = NAME_AT + 2 * name_len + data.len;
	uint8_t *out = kf_arena_take(arena, len);

	if (!out)
		return kf_view(NULL, 0);
	memcpy(out, guid, 16);
	put_u64(out + 16, name_len);
	put_u64(out + 24, data.len);
	for (size_t i = 0; i < name_len; i++)
		out[NAME_AT + 2 * i] = (uint8_t)name[i];
	if (data.len)
		memcpy(out + NAME_AT + 2 * name_len, data.data, data.len);
	return kf_view(out, len);
}

/* is_by_shim: shim keeps count of what it measured, apart from the firmware. */
static bool is_by_shim(const struct kf_telling *t, uint32_t stage)
{
	return t->has_shim && stage > t->shim_stage;
}

void kf_measure_authority(struct kf_telling *t, const uint8_t guid[16],
			  const char *name, struct kf_bytes data)
{
	struct kf_bytes whole = kf_variable_data(guid, name, data,
						 t->env->arena);
	struct kf_measure *m;

	if (whole.len == 0) {
		t->status = KF_NO_MEMORY;
		return;
	}
	for (size_t i = 0; i < t->out->num; i++) {
		m = &t->out->item[i];
		if (m->slot == KF_SLOT_AUTHORITY &&
		    is_by_shim(t, m->stage) == is_by_shim(t, t->stage) &&
		    kf_equal(m->data, whole))
			return;
	}
	m = kf_measure_add(t, KF_SLOT_AUTHORITY, PCR_POLICY,
			   KF_EV_VARIABLE_AUTHORITY);
	if (m)
		m->data = m->over = whole;
}

/* entry_of finds the entry that let an image through, in an accept's
 * evidence. */
static const struct kf_evidence *entry_of(const struct kf_finding *why)
{
	for (size_t i = 0; i < why->num_evidence; i++)
		if (why->evidence[i].kind == KF_EV_STORE_ENTRY)
			return &why->evidence[i];
	return NULL;
}

/* by_firmware asks the firmware's rules about an image. */
static void by_firmware(struct kf_telling *t, const struct kf_boot_file *file)
{
	bool changes = t->boot->firmware_differs || file->replaced;
	struct kf_bytes bytes = t->side == KF_AFTER ? file->after
						    : file->before;
	struct kf_source source = kf_bytes_source(&bytes);
	struct kf_verdict *verdict = kf_arena_take(t->env->arena,
						   sizeof(*verdict));
	struct kf_store *store = kf_arena_take(t->env->arena, sizeof(*store));
	const struct kf_variable *db = kf_variable_of("db");
	const struct kf_evidence *entry;
	struct kf_artifact artifact;

	if (!verdict || !store) {
		t->status = KF_NO_MEMORY;
		return;
	}
	*store = *t->boot->store[t->side];
	store->num_prepared = 0;
	if (!kf_store_set(store, "secure-boot", "on")) {
		t->status = KF_TOO_MUCH;
		return;
	}
	kf_artifact_read(&artifact, kf_format_of(kf_part_of(bytes, 0,
				bytes.len < 4096 ? bytes.len : 4096),
				&source), &source, t->env);
	kf_artifact_prepare(&artifact, t->boot->firmware, t->env);
	kf_store_prepare(store, t->boot->firmware, t->env);
	t->status = kf_check(verdict, &artifact, store, t->boot->firmware,
			     t->env);
	kf_artifact_close(&artifact, t->env);
	if (t->status != KF_OK)
		return;
	entry = entry_of(&verdict->why);
	if (verdict->answer == KF_REJECT)
		kf_measure_undecided(t, changes,
				     "the firmware refuses it; what starts then is not known",
				     file->name);
	else if (verdict->answer != KF_ACCEPT || !entry)
		kf_measure_undecided(t, changes,
				     "whether the firmware starts it cannot be told",
				     file->name);
	else
		kf_measure_authority(t, db->guid, db->name,
				     kf_part_of(kf_store_part(store,
					"db")->bytes, entry->at, entry->len));
}

/* image adds the digest of the image, in every kind. */
static void image(struct kf_telling *t, const struct kf_stage *stage)
{
	struct kf_measure *m = kf_measure_add(t, KF_SLOT_IMAGE,
		stage->driver ? PCR_DRIVERS : PCR_LOADERS, KF_EV_APPLICATION);
	struct kf_bytes bytes;
	struct kf_source source;
	struct kf_signatures *file;
	struct kf_image whole;
	struct kf_digest *digest;

	if (!m)
		return;
	m->open = m->same = true;
	if (!stage->file)
		return;
	bytes = t->side == KF_AFTER ? stage->file->after
				    : stage->file->before;
	source = kf_bytes_source(&bytes);
	file = kf_arena_take(t->env->arena, sizeof(*file));
	digest = kf_arena_take(t->env->arena,
			       KF_NUM_DIGESTS * sizeof(*digest));
	t->status = file && digest ? kf_signatures_read(file, &source, t->env)
				   : KF_NO_MEMORY;
	if (t->status != KF_OK)
		return;
	m->same = !stage->file->replaced;
	m->about = stage->file->name;
	m->why = "it is no image that can be hashed";
	if (file->unfit != KF_FIT)
		return;
	whole = kf_signatures_image(file);
	whole.pad = 0;
	t->status = kf_image_digest(digest, &whole,
				    (1u << KF_NUM_DIGESTS) - 1, t->env);
	if (t->status == KF_WRONG_USE) {
		t->status = KF_OK;
		return;
	}
	m->image = digest;
	/* GRUB 2.06 has shim measure an image twice that 2.12 has it measure
	 * once. */
	m->open = t->loader && t->loader != stage->file;
	m->same = false;
	if (!m->open)
		return;
	m->why = "how often another loader has it measured is not known";
	m->about = t->loader->name;
}

/* toggled: will images be verified that were not, or the other way? What a
 * loader that shim started asks of shim hangs on that. */
static bool toggled(const struct kf_boot *boot)
{
	return boot->secure[KF_BEFORE] != boot->secure[KF_AFTER] ||
	       kf_part_differs(boot, "mok-sb-state");
}

/* allowed adds what let the stage start. */
static void allowed(struct kf_telling *t, const struct kf_stage *stage)
{
	bool by_shim = t->has_shim && !stage->driver;

	if (t->side == KF_AFTER && by_shim && toggled(t->boot) &&
	    t->stage > t->shim_stage + 1) {
		kf_measure_end(t, "which images a loader asks shim about hangs on Secure Boot, which changes",
			       NULL);
		return;
	}
	if (!stage->file) {
		kf_measure_undecided(t, by_shim ? t->boot->shim_differs
						: t->boot->firmware_differs,
				     "a file that it starts was not given",
				     NULL);
		return;
	}
	if (by_shim) {
		kf_measures_by_shim(t, stage->file);
		return;
	}
	if (t->boot->secure[t->side] == KF_NOT_ASKED)
		kf_measure_undecided(t, t->boot->firmware_differs ||
					stage->file->replaced,
				     "whether Secure Boot is on is not known",
				     "pk");
	else if (t->boot->secure[t->side] == KF_YES)
		by_firmware(t, stage->file);
}

/* one_stage tells what one image leaves. */
static void one_stage(struct kf_telling *t)
{
	const struct kf_stage *stage = &t->boot->stage[t->stage];
	const struct kf_boot_file *file = stage->file;
	struct kf_shim other;

	allowed(t, stage);
	if (t->ended || t->status != KF_OK)
		return;
	image(t, stage);
	if (!file || stage->driver || t->has_shim || t->status != KF_OK)
		return;
	t->shim_file = t->side == KF_AFTER ? file->after : file->before;
	t->has_shim = kf_measures_is_shim(&t->shim, t->shim_file);
	t->shim_stage = t->stage;
	if (t->side == KF_AFTER &&
	    t->has_shim != kf_measures_is_shim(&other, file->before))
		kf_measure_end(t, "it is another kind of loader; what it starts is not known",
			       file->name);
	else if (t->has_shim)
		kf_measures_shim(t);
}

/* note_loader: another program starts what comes behind. What shim does is
 * known. */
static void note_loader(struct kf_telling *t)
{
	const struct kf_stage *stage = &t->boot->stage[t->stage];

	if (t->side == KF_AFTER && stage->file && stage->file->replaced &&
	    !stage->driver && !t->boot->same_commands &&
	    !(t->has_shim && t->shim_stage == t->stage))
		t->loader = stage->file;
}

enum kf_status kf_measures_tell(struct kf_measures *out,
				const struct kf_boot *boot, enum kf_side side,
				struct kf_env *env)
{
	struct kf_telling t = { .out = out, .boot = boot, .side = side,
				.env = env };

	memset(out, 0, sizeof(*out));
	out->max = (boot->num_stages + 1) * ITEMS_A_STAGE;
	out->item = kf_arena_take(env->arena, out->max * sizeof(*out->item));
	if (!out->item)
		return KF_NO_MEMORY;
	for (; t.stage < boot->num_stages; t.stage++)
		if (t.status == KF_OK && !t.ended) {
			one_stage(&t);
			note_loader(&t);
		}
	return t.status;
}
