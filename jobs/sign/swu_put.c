/* Puts sw-description.sig behind sw-description, as SWUpdate wants it
 * (SWUPDATE-1).
 *
 * Source: cpio(5), New ASCII Format and New CRC Format.
 */
#include "swu_put.h"

#include "core/swu.h"

#include <stdio.h>
#include <string.h>

enum { HEADER_MAX = 160, MODE = 0100644 };

static enum kf_status unfit(struct kf_fault *why, const char *what,
			    const char *hint)
{
	kf_fault_say(why, hint, "%s", what);
	return KF_WRONG_USE;
}

/* next_at is where the file behind one starts. */
static uint64_t next_at(const struct kf_cpio_file *file)
{
	return (file->data_at + file->size + 3) / 4 * 4;
}

enum kf_status kf_swu_places_read(struct kf_swu_places *out,
				  struct kf_making *m, struct kf_fault *why)
{
	struct kf_swu archive;
	const struct kf_cpio_file *first;
	enum kf_status status = kf_swu_read(&archive, m->source, m->env);

	memset(out, 0, sizeof(*out));
	if (status != KF_OK)
		return status;
	if (archive.damage.field || archive.many || !archive.ended)
		return unfit(why, "is no whole cpio archive of the new format",
			     "cpio -o -H crc makes one, sw-description first");
	first = archive.file;
	if (!archive.num_files ||
	    !kf_equal(first->name, kf_text(KF_SWU_DESCRIPTION)) ||
	    !first->whole)
		return unfit(why, "does not start with sw-description",
			     "it has to be the archive's first file (SWUPDATE-1)");
	out->put_at = out->rest_at = next_at(first);
	out->has_sums = first->has_sum;
	if (archive.num_files > 1 &&
	    kf_equal(archive.file[1].name, kf_text(KF_SWU_SIGNATURE)))
		out->rest_at = next_at(&archive.file[1]);
	if (out->rest_at > m->source->size)
		return unfit(why, "is cut short", NULL);
	return kf_making_digest(m, first->data_at, first->size);
}

/* write_header writes the header of sw-description.sig, its name, and what
 * fills up to four bytes. */
static size_t write_header(char out[HEADER_MAX], bool has_sums,
			   struct kf_bytes signature)
{
	static const char name[] = KF_SWU_SIGNATURE;
	uint32_t sum = 0;
	int len;

	for (size_t i = 0; has_sums && i < signature.len; i++)
		sum += signature.data[i];
	len = snprintf(out, HEADER_MAX,
		       "%s%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08zX%08X%s",
		       has_sums ? "070702" : "070701", 0u, (unsigned)MODE, 0u,
		       0u, 1u, 0u, (unsigned)signature.len, 0u, 0u, 0u, 0u,
		       sizeof(name), (unsigned)sum, name);
	memset(out + len, 0, HEADER_MAX - (size_t)len);
	return ((size_t)len + 1 + 3) / 4 * 4;
}

enum kf_status kf_swu_put(struct kf_making *m,
			  const struct kf_swu_places *places,
			  struct kf_bytes signature)
{
	static const uint8_t zeros[3];
	char *header = kf_arena_take(m->env->arena, HEADER_MAX);
	uint64_t rest = m->source->size - places->rest_at;
	struct kf_bytes fill = { zeros, (4 - signature.len % 4) % 4 };
	size_t len;

	if (!header)
		return KF_NO_MEMORY;
	len = write_header(header, places->has_sums, signature);
	return kf_making_done(
		kf_patch_slice(&m->patch, 0, places->put_at) &&
		kf_patch_view(&m->patch, kf_view(header, len)) &&
		kf_patch_view(&m->patch, signature) &&
		kf_patch_view(&m->patch, fill) &&
		kf_patch_slice(&m->patch, places->rest_at, rest));
}
