/* Variable stores of edk2's firmware, OVMF_VARS.fd and images that hold one.
 *
 * Variables are found as the firmware finds them: by vendor and name, the
 * first record that is in force, else the last one that was being replaced.
 * Where the store is damaged, or where the firmware would take one record for
 * another, what was not found for certain is unknown.
 *
 * Source: edk2 MdeModulePkg/Universal/Variable/RuntimeDxe/VariableParsing.c:
 * FindVariableEx.
 */
#include "core/facts.h"
#include "core/ovmf.h"
#include "core/siglist.h"

/* found is what the walk saw of one variable. */
struct found {
	struct kf_part part;
	bool in_force;
	bool in_transition;
	bool doubtful;
};

static bool recognise(struct kf_bytes file)
{
	struct kf_ovmf store;

	return kf_ovmf_find(&store, file);
}

/* Does the firmware take a record for the variable that it looks for? */
enum match {
	OTHER,
	THIS,
	DOUBTFUL,
};

/* match compares as many bytes of the name as the record has, as the firmware
 * does: too short a name is taken for several, and too long a one is compared
 * with whatever lies behind the name that is looked for. */
static enum match match(const struct kf_ovmf_record *r,
			const struct kf_variable *v)
{
	uint8_t text[2 * KF_VARIABLE_NAME_MAX + 2];
	struct kf_bytes name = kf_variable_name(text, v);
	size_t len = r->name.len < name.len ? r->name.len : name.len;

	if (!kf_equal(r->guid, kf_view(v->guid, KF_GUID_LEN)))
		return OTHER;
	if (!kf_equal(kf_part_of(r->name, 0, len), kf_part_of(name, 0, len)))
		return OTHER;
	if (r->name.len != name.len || r->state_odd || r->data.len == 0)
		return DOUBTFUL;
	return THIS;
}

/* take notes what a record says of a variable. Returns whether it leaves a
 * doubt that was not there before. */
static bool take(struct found *f, const struct kf_ovmf_record *r,
		 const struct kf_variable *v)
{
	enum match m;

	if (f->in_force || f->doubtful || !(kf_ovmf_live(r) || r->state_odd))
		return false;
	m = match(r, v);
	if (m == OTHER)
		return false;
	f->doubtful = m == DOUBTFUL;
	f->in_force = r->state == KF_OVMF_ADDED;
	f->in_transition = true;
	f->part.bytes = r->data;
	f->part.at = r->data_at;
	f->part.attributes = r->attributes;
	f->part.time = r->time;
	f->part.timed = true;
	return f->doubtful;
}

static void note_doubt(struct kf_store *out, const struct kf_ovmf_record *r)
{
	struct kf_damage d = { r->state_odd ? "State" : r->data.len == 0
				? "DataSize" : "NameSize", r->at };

	kf_store_damage(out, d);
}

static void take_all(struct kf_store *out, struct found *found,
		     const struct kf_ovmf_record *r)
{
	bool doubt = false;

	/* What has no attributes is never read from flash. */
	for (size_t i = 0; i < KF_NUM_VARIABLES; i++)
		if (kf_variables[i].attributes)
			doubt |= take(&found[i], r, &kf_variables[i]);
	if (doubt)
		note_doubt(out, r);
}

/* put adds what was found, and what cannot be told. What is neither is absent
 * from a whole store. */
static void put(struct kf_store *out, struct found *f, const char *name,
		bool sure)
{
	if (sure && !f->in_transition)
		return;
	f->part.name = name;
	f->part.presence = sure ? KF_PRESENT : KF_UNKNOWN;
	if (!sure)
		f->part.bytes = kf_view(NULL, 0);
	if (!kf_store_put(out, &f->part))
		out->status = KF_NO_MEMORY;
}

static void read(struct kf_store *out, struct kf_bytes file,
		 struct kf_env *env)
{
	static const struct kf_damage no_volume = { "FileSystemGuid", 16 };
	struct found found[KF_NUM_VARIABLES] = { 0 };
	struct kf_ovmf store;
	struct kf_ovmf_record r;
	struct kf_ovmf_walk w;

	(void)env;
	if (!kf_ovmf_find(&store, file))
		store.damage = no_volume;
	kf_store_damage(out, store.damage);
	w = kf_ovmf_walk(&store);
	while (kf_ovmf_next(&w, &r))
		take_all(out, found, &r);
	kf_store_damage(out, w.damage);
	for (size_t i = 0; i < KF_NUM_VARIABLES; i++) {
		struct found *f = &found[i];
		/* Behind a cut there may be a newer record. */
		bool sure = !store.damage.field && !f->doubtful &&
			    (!w.damage.field || f->in_force);

		if (kf_variables[i].attributes)
			put(out, f, kf_variables[i].part, sure);
	}
}

/* describe_name shows a name as far as it is ASCII. */
static void describe_name(const struct kf_sink *sink, struct kf_bytes name)
{
	struct kf_cursor c = kf_cursor_over(name, 0);
	char text[64];
	size_t len = 0;

	while (kf_left(&c) >= 2 && len < sizeof(text)) {
		uint16_t unit = kf_u16le(&c, "name");

		if (unit == 0)
			break;
		text[len++] = unit < 0x20 || unit > 0x7e ? '?' : (char)unit;
	}
	kf_fact_text(sink, "name", kf_view(text, len));
}

/* decides tells whether a record is one of those that make parts. */
static bool decides(const struct kf_ovmf_record *r)
{
	for (size_t i = 0; i < KF_NUM_VARIABLES; i++)
		if (kf_variables[i].attributes &&
		    match(r, &kf_variables[i]) != OTHER)
			return true;
	return false;
}

static void describe_part(const struct kf_part *part, struct kf_env *env,
			  const struct kf_sink *sink)
{
	const struct kf_variable *v = kf_variable_of(part->name);

	kf_fact_open(sink, NULL);
	kf_fact_word(sink, "name", v->name);
	kf_fact_guid(sink, "vendor", kf_view(v->guid, KF_GUID_LEN));
	if (part->presence == KF_PRESENT) {
		kf_fact_hex(sink, "attributes", part->attributes);
		if (part->time.year)
			kf_fact_moment(sink, "time", &part->time);
		kf_fact_place(sink, part->at, part->bytes.len);
		if (v->lists)
			kf_siglist_describe(part->bytes, part->at, env, sink);
		else
			kf_fact_bytes(sink, "data", part->bytes);
	} else {
		kf_fact_word(sink, "value", "unknown");
	}
	kf_fact_close(sink);
}

static void describe_other(const struct kf_ovmf_record *r,
			   const struct kf_sink *sink)
{
	kf_fact_open(sink, NULL);
	describe_name(sink, r->name);
	kf_fact_guid(sink, "vendor", r->guid);
	kf_fact_place(sink, r->data_at, r->data.len);
	kf_fact_close(sink);
}

static void describe(const struct kf_store *store, struct kf_bytes file,
		     struct kf_env *env, const struct kf_sink *sink)
{
	struct kf_ovmf s;
	struct kf_ovmf_record r;
	struct kf_ovmf_walk w;

	kf_fact_open(sink, "variables");
	for (size_t i = 0; i < store->num_parts; i++)
		describe_part(&store->part[i], env, sink);
	kf_fact_close(sink);
	if (!kf_ovmf_find(&s, file))
		return;
	kf_fact_open(sink, "other-variables");
	w = kf_ovmf_walk(&s);
	while (kf_ovmf_next(&w, &r))
		if (kf_ovmf_live(&r) && !decides(&r))
			describe_other(&r, sink);
	kf_fact_close(sink);
	kf_fact_number(sink, "store-at", s.store_at);
	kf_fact_number(sink, "store-size", s.end_at - s.store_at);
	kf_fact_number(sink, "free", w.at < s.end_at ? s.end_at - w.at : 0);
	kf_fact_damage(sink, store->damage, store->num_damage);
}

const struct kf_store_kind kf_store_ovmf = {
	.name = "ovmf",
	.title = "variable store of edk2's firmware",
	.whole = true,
	.recognise = recognise,
	.read = read,
	.describe = describe,
};
