/* What goes on a bill: firmware files, trust stores, keys, devices; each known
 * by its content.
 */
#include "bom.h"
#include "say.h"

#include "host/fit_tree.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	HEAD_LEN = 4096,
	STORE_MAX = 64 << 20,	/* as large as a flash image may be */
};

int kf_bom_open(struct kf_billing *q)
{
	struct kf_fault why = { 0 };
	enum kf_status status = KF_NO_MEMORY;

	q->keep.base = malloc(KF_BILL_LEN);
	q->keep.size = KF_BILL_LEN;
	q->keep.used = 0;
	if (q->keep.base)
		status = kf_bill_open(&q->bill, &q->keep, &q->work.env);
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(NULL, status, &why);
}

int kf_bom_end(struct kf_billing *q)
{
	struct kf_fault why = { 0 };

	kf_work_again(&q->work, KF_BILL_LEN);
	if (q->bill.status == KF_OK)
		kf_bill_finish(&q->bill);
	if (q->bill.status == KF_OK)
		return KF_EXIT_FITS;
	if (q->bill.more)
		kf_fault_say(&why, "make several bills", "there are more keys, certificates or signatures than one bill holds");
	return kf_say_failure(NULL, q->bill.status, &why);
}

/* last_name is a file's name without its folder: a bill is about the file,
 * wherever it lies. */
static const char *last_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static int take_device(struct kf_billing *q, const char *path,
		       const struct kf_digest *sha256)
{
	struct kf_ask ask = { .device = path };
	struct kf_fault why = { 0 };
	struct kf_device device = { 0 };
	enum kf_status status = kf_device_open(&device, &ask, q->crypto,
					       q->at_s, &why);

	if (status != KF_OK)
		return kf_say_failure(why.what[0] ? NULL : path, status, &why);
	if (device.unread.what[0])
		kf_say_fault(NULL, &device.unread);
	kf_bill_start(&q->bill, sha256 ? last_name(path) : device.name,
		      "device", true);
	if (sha256)
		kf_bill_of_file(&q->bill)->sha256 = *sha256;
	kf_bill_of_file(&q->bill)->damaged |= device.unread.what[0] != '\0';
	for (size_t i = 0; i < device.num_verifiers &&
	     q->bill.status == KF_OK; i++) {
		const struct kf_device_verifier *v = &device.verifier[i];

		kf_work_again(&q->work, 0);
		q->bill.status = kf_anchors_of(&q->anchors, &v->store,
					       v->rules, &q->known,
					       &q->work.env);
		if (q->bill.status == KF_OK)
			kf_bill_anchors(&q->bill, &q->anchors);
	}
	kf_device_close(&device);
	return q->bill.status == KF_OK ? KF_EXIT_FITS
		: kf_say_failure(path, q->bill.status, &why);
}

static enum kf_status take_artifact(struct kf_billing *q,
				    const struct kf_format *format,
				    const struct kf_source *source)
{
	struct kf_artifact artifact;
	enum kf_status status;

	kf_artifact_read(&artifact, format, source, &q->work.env);
	status = artifact.status;
	if (status == KF_OK) {
		kf_bill_artifact(&q->bill, &artifact);
		status = q->bill.status;
	}
	kf_artifact_close(&artifact, &q->work.env);
	return status;
}

/* take_keys takes whatever keys lie in a file, and U-Boot's. */
static enum kf_status take_keys(struct kf_billing *q,
				const struct kf_source *source,
				const struct kf_store_kind *kind,
				struct kf_bytes file)
{
	struct kf_bill *b = &q->bill;
	struct kf_bytes tree = kf_fit_tree(file);

	if (!kind || strcmp(kind->name, "pem") == 0)
		kf_bill_loose(b, source, file);
	if (b->status == KF_OK && kind && strcmp(kind->name, "bootloader") == 0)
		kf_bill_bootloader(b, file);
	if (b->status == KF_OK && tree.len)
		kf_bill_tree(b, tree);
	return b->status;
}

/* named tells whether a kind of store is read by looking for keys in it. */
static bool is_loose(const struct kf_store_kind *kind)
{
	return !kind || strcmp(kind->name, "pem") == 0 ||
	       strcmp(kind->name, "bootloader") == 0;
}

static enum kf_status take_store(struct kf_billing *q,
				 const struct kf_source *source,
				 const struct kf_store_kind *kind,
				 struct kf_bytes file)
{
	static struct kf_store store;

	if (is_loose(kind))
		return take_keys(q, source, kind, file);
	kf_store_read(&store, kind, file, &q->work.env);
	if (store.status != KF_OK)
		return store.status;
	kf_bill_store(&q->bill, &store, file);
	return q->bill.status;
}

/* start starts a file on the bill, with its digest. */
static enum kf_status start(struct kf_billing *q, const char *path,
			    const char *kind, bool is_store,
			    const struct kf_digest *sha256)
{
	kf_bill_start(&q->bill, last_name(path), kind, is_store);
	if (q->bill.status == KF_OK)
		kf_bill_of_file(&q->bill)->sha256 = *sha256;
	return q->bill.status;
}

/* is_empty: nothing was found in the file that was started last. */
static bool is_empty(const struct kf_bill *b)
{
	const struct kf_bill_subject *s =
		&b->subject[b->num_subjects - 1];

	for (size_t i = 0; i < b->num_uses; i++)
		if (b->use[i].subject == b->num_subjects - 1)
			return false;
	return !s->num_digests && !s->num_unread;
}

/* take_bytes takes what is no firmware file. */
static int take_bytes(struct kf_billing *q, const char *path,
		      struct kf_bytes file, const struct kf_digest *sha256)
{
	const struct kf_store_kind *kind = kf_store_kind_of(file);
	struct kf_source source = kf_bytes_source(&file);
	struct kf_fault why = { 0 };
	enum kf_status status;

	if ((kind && kind->whole) || (file.len && file.data[0] == '{'))
		return take_device(q, path, sha256);
	status = start(q, path, kind ? kind->name : "keys", true, sha256);
	if (status == KF_OK)
		status = take_store(q, &source, kind, file);
	if (status != KF_OK)
		return kf_say_failure(path, status, &why);
	if (is_loose(kind) && is_empty(&q->bill)) {
		kf_say(path, "is no firmware file and no trust store that keyfit knows, and has no key in it", NULL);
		return KF_EXIT_FAULT;
	}
	return KF_EXIT_FITS;
}

/* take_other reads all of a file that is no firmware file. */
static int take_other(struct kf_billing *q, const char *path,
		      const struct kf_source *source,
		      const struct kf_digest *sha256)
{
	size_t len = (size_t)source->size;
	struct kf_fault why = { 0 };
	int status = KF_EXIT_FAULT;
	uint8_t *memory;

	if (source->size > STORE_MAX) {
		kf_say(path, "is no firmware file, and too large for a trust store", NULL);
		return KF_EXIT_FAULT;
	}
	memory = malloc(len + 1);
	if (!memory)
		status = kf_say_failure(path, KF_NO_MEMORY, &why);
	else if (len && !source->read_at(source->self, 0, memory, len))
		status = kf_say_failure(path, KF_CANNOT_READ, &why);
	else
		status = take_bytes(q, path, kf_view(memory, len), sha256);
	free(memory);
	return status;
}

static int take_file(struct kf_billing *q, const char *path,
		     struct kf_file *file)
{
	const struct kf_source *source = &file->source;
	size_t len = source->size < HEAD_LEN ? (size_t)source->size : HEAD_LEN;
	const struct kf_format *format;
	struct kf_digest sha256 = { .len = 0 };
	struct kf_fault why = { 0 };
	uint8_t head[HEAD_LEN];
	enum kf_status status;

	kf_work_again(&q->work, source->size);
	kf_work_more(&q->work, source->size);
	if (len && !source->read_at(source->self, 0, head, len))
		return kf_say_failure(path, KF_CANNOT_READ, &why);
	status = kf_file_digest(&sha256, source, &q->work.env);
	if (status != KF_OK)
		return kf_say_failure(path, status, &why);
	format = kf_format_of(kf_view(head, len), source);
	if (!format)
		return take_other(q, path, source, &sha256);
	status = start(q, path, format->name, false, &sha256);
	if (status == KF_OK)
		status = take_artifact(q, format, source);
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(path, status, &why);
}

int kf_bom_take(struct kf_billing *q, const char *path)
{
	struct kf_file file = { 0 };
	struct kf_fault why = { 0 };
	enum kf_status opened;
	struct stat st;
	int status;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return take_device(q, path, NULL);
	opened = kf_file_open(&file, path, &why);
	if (opened != KF_OK)
		return kf_say_failure(path, opened, &why);
	status = take_file(q, path, &file);
	if (status == KF_EXIT_FITS && !kf_file_same(&file)) {
		kf_say(path, "changed while it was being read", NULL);
		status = KF_EXIT_FAULT;
	}
	kf_file_close(&file);
	return status;
}
