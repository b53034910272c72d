/* The files behind the description: each in its turn, then whether any is
 * missing. SWUPDATE-9.
 *
 * A file that the description names must have the digest that it says; one that
 * it does not name is passed over. What is named twice, in one list, has to
 * have both digests: one is looked at when the file is taken out, all when it
 * is installed.
 *
 * Source: sbabic/swupdate, core/stream_interface.c (extract_files),
 * core/installer.c (check_if_required, extract_scripts, install_images),
 * install_nothing, core/cpio_utils.c (copyfile), tag 2022.12.
 */
#include "swupdate.h"

enum { NAME_MAX = 240 };	/* below a folder for temporary files */

/* is_hash holds a file's digest against the one that an item asks for. */
static bool is_hash(struct swupdate_case *k, const struct swupdate_item *item,
		    const struct kf_digest *found, size_t index)
{
	const struct kf_cpio_file *f = &k->update->swu.file[index];
	struct kf_finding *why = &k->out->why;

	if (!item->has_hash ||
	    kf_equal(kf_view(item->sha256, sizeof(item->sha256)),
		     kf_view(found->bytes, found->len)))
		return true;
	(void)swupdate_refuse(k, KF_REASON_FILE_HASH_MISMATCH, "SWUPDATE-9",
			      "", f->name, NULL);
	kf_prove_field(why, "file", f->data_at, f->size);
	kf_prove(why, KF_EV_DIGEST, "signed")->bytes =
		kf_view(item->sha256, sizeof(item->sha256));
	kf_prove(why, KF_EV_DIGEST, "found")->bytes =
		kf_view(found->bytes, found->len);
	return false;
}

/* wanted is what a list asks of one file. */
struct wanted {
	const struct swupdate_item *item;	/* the last of its name */
	bool direct, twice;
};

/* look marks what a list has under a file's name. */
static void look(struct wanted *out, struct swupdate_item *item,
		 const struct kf_cpio_file *f)
{
	for (; item; item = item->next) {
		if (!kf_equal(item->filename, f->name))
			continue;
		item->provided = true;
		out->twice |= out->direct;
		out->direct |= item->direct;
		out->item = item;
	}
}

/* is_plain tells whether a name leads to a file of that very name. */
static bool is_plain(struct kf_bytes name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.data[i] == '/')
			return false;
	return name.len > 0 && name.len <= NAME_MAX &&
	       !kf_equal(name, kf_text(".")) &&
	       !kf_equal(name, kf_text(".."));
}

/* sum holds a file against the sum in its header. */
static bool sum(struct swupdate_case *k, const struct kf_cpio_file *f,
		size_t index)
{
	if (!f->has_sum || f->sum == k->update->file[index].sum)
		return true;
	(void)swupdate_refuse(k, KF_REASON_ARCHIVE_SUM, "SWUPDATE-1", "",
			      f->name, NULL);
	kf_prove_field(&k->out->why, "c_chksum", f->at, 110);
	kf_prove_value(&k->out->why, k->update->file[index].sum, f->sum);
	return false;
}

/* sized holds a file against the size that later versions may be told. */
static bool sized(struct swupdate_case *k, const struct wanted *w,
		  const struct kf_cpio_file *f)
{
	if (!w->item->size || w->item->size == f->size)
		return true;
	(void)swupdate_refuse(k, KF_REASON_FILE_HASH_MISMATCH, "SWUPDATE-21",
			      "", f->name, " (its size)");
	kf_prove_field(&k->out->why, "size", f->at, 110);
	kf_prove_value(&k->out->why, f->size, w->item->size);
	return false;
}

/* find looks for a file in the lists, in turn: the first that has it takes
 * it. */
static void find(struct wanted *out, struct swupdate_case *k,
		 const struct kf_cpio_file *f)
{
	struct swupdate_plan *p = &k->plan;

	look(out, p->images, f);
	if (!out->item)
		look(out, p->scripts, f);
	if (!out->item && !k->profile->later)
		look(out, p->boot_scripts, f);
}

/* opened tells whether what is packed or encrypted can be opened. */
static bool opened(struct swupdate_case *k, const struct swupdate_item *item)
{
	const char *key = k->device->decryption;

	if (!item->encrypted)
		return true;
	if (!key)
		return swupdate_untold(k, "decryption-key");
	if (kf_same(key, "none"))
		return swupdate_refuse(k, KF_REASON_DECRYPTION_KEY_MISSING,
				       "SWUPDATE-22", "", item->filename,
				       NULL);
	k->sealed |= kf_same(key, "given");
	return true;
}

/* install opens a file, unpacks it, and holds what was `read` of it against
 * its digest. */
static bool install(struct swupdate_case *k, const struct swupdate_item *item,
		    size_t index, uint64_t *read)
{
	struct kf_digest found;

	return opened(k, item) &&
	       swupdate_unpack(&found, read, k, item, index) &&
	       is_hash(k, item, &found, index);
}

/* unread: what nobody read of a file is taken for the next header. */
static bool unread(struct swupdate_case *k, const struct kf_cpio_file *f,
		   uint64_t read)
{
	enum { MAGIC_LEN = 5 };
	const struct kf_source *source = k->update->source;
	uint8_t start[MAGIC_LEN];
	uint64_t at = f->data_at + read;

	if (at > source->size || source->size - at < MAGIC_LEN)
		return swupdate_refuse(k, KF_REASON_ARCHIVE_MALFORMED,
				       "SWUPDATE-9", "it ends too early",
				       kf_view(NULL, 0), NULL);
	if (!source->read_at(source->self, at, start, MAGIC_LEN))
		return swupdate_fail(k, KF_CANNOT_READ);
	if (kf_equal(kf_view(start, MAGIC_LEN), kf_text("07070")))
		return swupdate_beyond(k, "a header of an archive inside a file that is not read whole");
	(void)swupdate_refuse(k, KF_REASON_ARCHIVE_MALFORMED, "SWUPDATE-9",
			      "a file that is installed while it is read, and not read whole: ",
			      f->name, NULL);
	kf_prove_field(&k->out->why, "file", at, f->size - read);
	return false;
}

/* streamed installs a file while it is read: no script, and no partition. */
static bool streamed(struct swupdate_case *k, const struct swupdate_item *item,
		     size_t index)
{
	const struct kf_cpio_file *f = &k->update->swu.file[index];
	uint64_t read = 0;

	if (!item->is_script && !item->is_partition &&
	    !install(k, item, index, &read))
		return false;
	return read >= f->size || unread(k, f, read);
}

/* file takes one of the archive. */
static bool file(struct swupdate_case *k, size_t index)
{
	const struct kf_cpio_file *f = &k->update->swu.file[index];
	struct wanted w = { NULL, false, false };

	find(&w, k, f);
	if (!w.item)
		return sum(k, f, index);
	if (w.twice)
		return swupdate_beyond(k, "a file that is installed while it is read, and named twice");
	if (!is_plain(f->name))
		return swupdate_beyond(k, "a file whose name is a path, or very long");
	if (!sized(k, &w, f))
		return false;
	if (w.direct)
		return streamed(k, w.item, index);
	return is_hash(k, w.item, &k->update->file[index].sha256, index) &&
	       sum(k, f, index);
}

/* of_name is the last file of a name: an earlier one was written over. */
static size_t of_name(const struct kf_swu *swu, struct kf_bytes name)
{
	for (size_t i = swu->num_files; i-- > 2;)
		if (kf_equal(swu->file[i].name, name))
			return i;
	return swu->num_files;
}

static bool missing(struct swupdate_case *k, const struct swupdate_item *item)
{
	return swupdate_refuse(k, KF_REASON_FILE_NOT_INSIDE, "SWUPDATE-9", "",
			       item->filename, NULL);
}

/* streams tells whether a file of this name is installed while it is read, for
 * any item: then it is nowhere to be found afterwards. */
static bool streams(const struct swupdate_item *list, struct kf_bytes name)
{
	while (list && !(list->direct && kf_equal(list->filename, name)))
		list = list->next;
	return list;
}

/* installed judges one item again, as who installs it does. An image that was
 * installed while it was read is done. */
static bool installed(struct swupdate_case *k,
		      const struct swupdate_item *item)
{
	const struct kf_swu *swu = &k->update->swu;
	size_t index = of_name(swu, item->filename);
	uint64_t read;

	if (item->filename.len == 0)
		return true;
	if (item->direct && !item->is_script)
		return true;
	if (index == swu->num_files ||
	    streams(k->plan.images, item->filename) ||
	    streams(k->plan.scripts, item->filename) ||
	    streams(k->plan.boot_scripts, item->filename))
		return missing(k, item);
	return item->is_partition || install(k, item, index, &read);
}

/* end wants the archive to end as one does. */
static bool end(struct swupdate_case *k)
{
	const struct kf_swu *swu = &k->update->swu;

	if (swu->many)
		return swupdate_beyond(k, "an archive of more than 1024 files");
	if (swu->ended)
		return true;
	(void)swupdate_refuse(k, KF_REASON_ARCHIVE_MALFORMED, "SWUPDATE-1",
			      "a header of the archive", kf_view(NULL, 0),
			      NULL);
	kf_prove_field(&k->out->why, swu->damage.field, swu->damage.at, 1);
	return false;
}

static bool all(struct swupdate_case *k, const struct swupdate_item *list,
		bool (*judge)(struct swupdate_case *,
			      const struct swupdate_item *))
{
	for (; list; list = list->next)
		if (!judge(k, list))
			return false;
	return true;
}

/* there wants an image to have come. */
static bool there(struct swupdate_case *k, const struct swupdate_item *item)
{
	return item->filename.len == 0 || item->provided || missing(k, item);
}

/* script wants one to have come, and opens it. */
static bool script(struct swupdate_case *k, const struct swupdate_item *item)
{
	if (item->filename.len == 0 && !item->provided)
		return true;
	return item->provided ? installed(k, item) : missing(k, item);
}

bool swupdate_files(struct swupdate_case *k)
{
	for (size_t i = 2; i < k->update->swu.num_files; i++)
		if (!file(k, i))
			return false;
	return end(k) && all(k, k->plan.images, there) &&
	       all(k, k->plan.scripts, script) &&
	       all(k, k->plan.boot_scripts, script) &&
	       all(k, k->plan.images, installed);
}
