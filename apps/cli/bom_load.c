/* Bills that are read: by themselves, in a Statement, or in an envelope that
 * somebody has signed.
 */
#include "bom.h"
#include "say.h"
#include "seal.h"

#include "host/json_read.h"

#include <stdlib.h>
#include <string.h>

/* opening is an envelope on its way to the bill that is in it. */
struct opening {
	struct kf_billing *q;
	const char *path, *key;
	struct kf_bytes text;
	bool sealed;
};

/* open_envelope takes the payload out, if the right key has signed it. */
static int open_envelope(struct opening *o)
{
	struct kf_work *work = &o->q->work;
	struct kf_key key;
	int status = KF_EXIT_FITS;

	if (o->key)
		status = kf_seal_key(&key, o->key, work);
	if (status == KF_EXIT_FITS)
		status = kf_unseal(&o->text, o->path, o->text,
				   o->key ? &key : NULL, work);
	o->sealed = !o->key;
	return status;
}

/* has_member tells whether an object of a file may have a member; what is no
 * JSON has none. */
static bool has_member(struct kf_bytes text, const char *name, bool *lost)
{
	json_error_t error;
	json_t *root = kf_bom_too_deep(text) ? NULL
		: kf_json_read(text, &error, lost);
	bool has = json_object_get(root, name) != NULL;

	json_decref(root);
	return has;
}

/* is_bill tells whether a file looks like one that is to be read as a bill. */
static bool is_bill(struct kf_bytes text, bool *lost)
{
	static const char *const names[] = { "bomFormat", "_type",
					     "payloadType" };

	for (size_t i = 0; i < 3; i++)
		if (has_member(text, names[i], lost))
			return true;
	return false;
}

/* start_of skips white space. */
static uint8_t start_of(struct kf_bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!strchr(" \t\r\n", text.data[i]))
			return text.data[i];
	return 0;
}

static int unwrap(struct kf_bom_loaded *out, struct opening *o)
{
	struct kf_fault why = { 0 };
	struct kf_bytes bill;
	enum kf_status status = kf_bom_unwrap(&bill, &out->memory, o->text,
					      &why);

	if (status == KF_OK)
		status = kf_bom_read(&out->bom, bill, &why);
	if (status == KF_OK)
		return KF_EXIT_FITS;
	return kf_say_failure(o->path, status, &why);
}

static int load(struct kf_bom_loaded *out, struct opening *o, bool may)
{
	struct kf_fault why = { 0 };
	bool lost = false;
	int status = KF_EXIT_FITS;

	out->is = start_of(o->text) == '{' && (!may || is_bill(o->text, &lost));
	if (lost)
		return kf_say_failure(o->path, KF_NO_MEMORY, &why);
	if (!out->is && may)
		return KF_EXIT_FITS;
	if (has_member(o->text, "payloadType", &lost))
		status = open_envelope(o);
	else if (o->key && !lost) {
		kf_say(o->path, "is not signed", "--key asks for an envelope that this key has signed");
		return KF_EXIT_NOT;
	}
	out->sealed = o->sealed;
	if (lost)
		return kf_say_failure(o->path, KF_NO_MEMORY, &why);
	return status == KF_EXIT_FITS ? unwrap(out, o) : status;
}

int kf_bom_load(struct kf_bom_loaded *out, struct kf_billing *q,
		const char *path, const char *key, bool may)
{
	struct opening o = { .q = q, .path = path, .key = key };
	struct kf_text_file file = { 0 };
	struct kf_fault why = { 0 };
	struct kf_file size = { 0 };
	enum kf_status status;
	int exit_status;

	memset(out, 0, sizeof(*out));
	if (may) {
		/* What is no bill may be of any size, and no file. */
		status = kf_file_open(&size, path, &why);
		if (status != KF_OK || size.source.size > KF_BOM_LEN_MAX) {
			kf_file_close(&size);
			return KF_EXIT_FITS;
		}
		kf_file_close(&size);
	}
	status = kf_text_file_read(&file, path, KF_BOM_LEN_MAX, &why);
	if (status != KF_OK)
		return kf_say_failure(path, status, &why);
	kf_work_again(&q->work, file.bytes.len);
	kf_work_more(&q->work, 4 * file.bytes.len);
	o.text = file.bytes;
	exit_status = load(out, &o, may);
	kf_text_file_close(&file);
	if (exit_status == KF_EXIT_FITS && out->sealed)
		kf_say(path, "its signature was not looked at", "--key FILE asks whether this key has signed it");
	return exit_status;
}

void kf_bom_unload(struct kf_bom_loaded *loaded)
{
	kf_bom_close(&loaded->bom);
	free(loaded->memory);
	loaded->memory = NULL;
}
