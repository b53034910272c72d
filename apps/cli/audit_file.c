/* Files of an audit: what they are by content, and what is looked at in them.
 *
 * Every file is searched for keys; firmware files and trust stores are taken
 * apart besides.
 */
#include "audit.h"
#include "say.h"

#include "analysis/keys.h"
#include "core/reasons.h"
#include "host/fit_tree.h"
#include "host/key.h"

#include <stdlib.h>
#include <string.h>

enum {
	HEAD_LEN = 4096,
	STORE_MAX = 64 << 20,	/* as large as a flash image may be */
};

/* key_found takes a key, or a certificate, that lies in the file. */
static void key_found(void *self, const struct kf_key_found *key)
{
	struct kf_auditing *q = self;
	const struct kf_audit_place place = {
		.where = { .kind = KF_EV_FIELD, .name = "private key",
			   .at = key->at, .len = key->len },
	};
	struct kf_finding f;
	struct kf_digest digest;
	enum kf_status status;

	if (key->kind == KF_KEY_CERTIFICATE) {
		kf_audit_certificate(&q->audit, key->der, key->at);
		return;
	}
	if (key->kind == KF_KEY_PRIVATE) {
		kf_audit_start(&f, key->encrypted
			       ? KF_REASON_PRIVATE_KEY_ENCRYPTED
			       : KF_REASON_PRIVATE_KEY_FOUND, &place,
			       kf_view(NULL, 0));
		kf_prove_text(&f, key->form);
		kf_audit_give(&q->audit, &f);
	}
	status = key->encrypted ? KF_WRONG_USE
		: kf_openssl_key_digest(&digest, q->crypto, key->bytes);
	if (status == KF_NO_MEMORY)
		q->audit.status = status;
	else if (status == KF_OK && digest.len)
		kf_audit_key(&q->audit, kf_view(digest.bytes, digest.len),
			     key->at, key->len);
}

/* take_tree looks at the device tree that a U-Boot carries. */
static void take_tree(struct kf_auditing *q, struct kf_bytes tree)
{
	if (tree.len && q->audit.status == KF_OK)
		kf_audit_fit_keys(&q->audit, tree);
}

/* take_store looks at a trust store, whole or a part of one. PEM has been
 * looked at as keys. */
static void take_store(struct kf_auditing *q, struct kf_bytes file)
{
	const struct kf_store_kind *kind = kf_store_kind_of(file);
	struct kf_store *store = &q->loose.store;

	if (!kind || strcmp(kind->name, "bootloader") == 0) {
		kf_audit_bootloader(&q->audit, file);
		take_tree(q, kf_fit_tree(file));
		return;
	}
	if (strcmp(kind->name, "pem") == 0)
		return;
	kf_store_read(store, kind, file, &q->work.env);
	if (store->status != KF_OK) {
		q->audit.status = store->status;
	} else if (kind->whole) {
		kf_audit_store(&q->audit, store, NULL, NULL);
	} else if (store->num_damage) {
		/* Much that is no certificate starts like DER. */
		if (strcmp(kind->name, "der") != 0)
			kf_audit_show_unread(q, store->damage[0].field,
					     "is damaged");
	} else if (strcmp(kind->name, "dtb") == 0) {
		kf_audit_fit_keys(&q->audit, file);
	} else if (store->num_parts) {
		kf_audit_lists(&q->audit, store->part[0].bytes);
	}
	memset(store, 0, sizeof(*store));
}

/* take_whole reads a file into memory. */
static void take_whole(struct kf_auditing *q, const struct kf_source *source,
		       bool update)
{
	size_t len = (size_t)source->size;
	uint8_t *memory;

	if (len == 0 || source->size > STORE_MAX)
		return;
	memory = malloc(len);
	if (!memory)
		q->audit.status = KF_NO_MEMORY;
	else if (!source->read_at(source->self, 0, memory, len))
		q->audit.status = KF_CANNOT_READ;
	else if (update)
		kf_audit_update(&q->audit, kf_view(memory, len));
	else
		take_store(q, kf_view(memory, len));
	free(memory);
}

static void take_source(struct kf_auditing *q, const struct kf_source *source)
{
	const struct kf_format *format;
	uint8_t head[HEAD_LEN];
	size_t len = source->size < HEAD_LEN ? (size_t)source->size : HEAD_LEN;

	kf_work_again(&q->work, source->size);
	q->audit.status = KF_CANNOT_READ;
	if (len && !source->read_at(source->self, 0, head, len))
		return;
	q->audit.status = kf_keys_find(source, &q->work.env, key_found, q);
	if (q->audit.status != KF_OK)
		return;
	format = kf_format_of(kf_view(head, len), source);
	if (format && strcmp(format->name, "pe") == 0)
		kf_audit_image(&q->audit, source);
	else if (format && strcmp(format->name, "fit") == 0)
		kf_audit_fit_image(&q->audit, source);
	else if (format && strcmp(format->name, "mcuboot") == 0)
		kf_audit_mcuboot_image(&q->audit, source);
	else if (format && strcmp(format->name, "swu") == 0)
		kf_audit_swu(&q->audit, source);
	else if (format && strcmp(format->name, "rauc") == 0)
		kf_audit_raucb(&q->audit, source);
	else
		take_whole(q, source, format);
}

static enum kf_status look_at(struct kf_auditing *q, const char *path,
			      struct kf_fault *why)
{
	struct kf_file file = { 0 };
	enum kf_status status = kf_file_open(&file, path, why);

	if (status == KF_OK) {
		q->path = path;
		q->verifier = &q->loose;
		q->num_files++;
		take_source(q, &file.source);
		status = q->audit.status;
		if (status == KF_OK && !kf_file_same(&file))
			status = KF_CANNOT_READ;
	}
	kf_file_close(&file);
	return status;
}

void kf_audit_open_file(struct kf_auditing *q, const char *path)
{
	struct kf_fault why = { 0 };
	enum kf_status status = look_at(q, path, &why);

	if (status != KF_OK && kf_say_failure(path, status, &why))
		q->fault = true;
}

bool kf_audit_walk_file(void *self, const char *path)
{
	struct kf_auditing *q = self;
	struct kf_fault why = { 0 };
	enum kf_status status = look_at(q, path, &why);

	q->path = path;
	if (status == KF_NO_MEMORY) {
		q->fault = true;
		kf_say(path, kf_status_text(status), NULL);
	} else if (status != KF_OK) {
		kf_audit_show_unread(q, "the file", why.what[0] ? why.what
				     : kf_status_text(status));
	}
	return status != KF_NO_MEMORY;
}
