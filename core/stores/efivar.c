/* One variable as Linux shows it in efivarfs: four bytes of attributes, then
 * the data.
 *
 * Source: Linux, Documentation/filesystems/efivarfs.rst; fs/efivarfs/file.c.
 */
#include "core/facts.h"
#include "core/siglist.h"
#include "core/variables.h"

#include <keyfit/store.h>

enum { ATTRIBUTES_LEN = 4, STATE_LEN = 1 };

static bool recognise(struct kf_bytes file)
{
	struct kf_cursor c = kf_cursor_over(file, 0);
	uint32_t attributes = kf_u32le(&c, "Attributes");
	struct kf_bytes data = kf_take(&c, kf_left(&c), "Data");

	if (attributes > 0xff || !(attributes & KF_VARIABLE_AT_BOOT))
		return false;
	return kf_siglist_likely(data) ||
	       (data.len == STATE_LEN && data.data[0] <= 1);
}

static void read(struct kf_store *out, struct kf_bytes file,
		 struct kf_env *env)
{
	struct kf_cursor c = kf_cursor_over(file, 0);
	struct kf_part part = { .name = "", .presence = KF_PRESENT };

	(void)env;
	part.attributes = kf_u32le(&c, "Attributes");
	part.at = kf_at(&c);
	/* A variable without data does not exist: this one was cut. */
	if (!kf_more(&c))
		kf_break(&c, "Data");
	part.bytes = kf_take(&c, kf_left(&c), "Data");
	kf_store_damage(out, c.damage);
	if (!c.damage.field && !kf_store_put(out, &part))
		out->status = KF_NO_MEMORY;
}

static void describe(const struct kf_store *store, struct kf_bytes file,
		     struct kf_env *env, const struct kf_sink *sink)
{
	const struct kf_part *part = kf_store_part(store, "");

	(void)file;
	if (part) {
		kf_fact_hex(sink, "attributes", part->attributes);
		kf_fact_place(sink, part->at, part->bytes.len);
		if (kf_siglist_likely(part->bytes))
			kf_siglist_describe(part->bytes, part->at, env, sink);
		else
			kf_fact_bytes(sink, "data", part->bytes);
	}
	kf_fact_damage(sink, store->damage, store->num_damage);
}

const struct kf_store_kind kf_store_efivar = {
	.name = "efivar",
	.title = "EFI variable, as efivarfs shows it",
	.recognise = recognise,
	.read = read,
	.describe = describe,
};
