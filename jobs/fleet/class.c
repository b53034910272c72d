/* Classes: what devices decide by, each once, found by its digest.
 */
#include "parts.h"

#include <string.h>

/* keep_blob keeps the bytes of a part. */
static enum kf_status keep_blob(void *self, const struct kf_digest *sha256,
				struct kf_bytes bytes, struct kf_fault *why)
{
	struct kf_fleet *fleet = self;
	enum kf_status status;

	status = kf_fleet_ready(fleet, &fleet->put_blob,
				"INSERT INTO blob (sha256, bytes)"
				" VALUES ($1, $2) ON CONFLICT DO NOTHING",
				why);
	if (status != KF_OK)
		return status;
	kf_bind_bytes(fleet->put_blob, 1, kf_view(sha256->bytes, sha256->len));
	kf_bind_bytes(fleet->put_blob, 2, bytes);
	return kf_query_run(fleet->put_blob, NULL, why);
}

/* find looks a class up by its digest; `*id` 0: there is none. */
static enum kf_status find(struct kf_fleet *fleet, int64_t *id,
			   struct kf_bytes digest, struct kf_fault *why)
{
	enum kf_status status;
	bool row = false;

	*id = 0;
	status = kf_fleet_ready(fleet, &fleet->find_class,
				"SELECT id FROM class WHERE digest = $1",
				why);
	if (status != KF_OK)
		return status;
	kf_bind_bytes(fleet->find_class, 1, digest);
	status = kf_query_next(fleet->find_class, &row, why);
	if (status == KF_OK && row)
		*id = kf_column_number(fleet->find_class, 0);
	kf_query_again(fleet->find_class);
	return status;
}

static enum kf_status make(struct kf_fleet *fleet, int64_t *id,
			   struct kf_bytes digest, struct kf_bytes content,
			   struct kf_fault *why)
{
	enum kf_status status;
	bool row = false;

	status = kf_fleet_ready(fleet, &fleet->put_class,
				"INSERT INTO class (digest, content)"
				" VALUES ($1, $2) RETURNING id", why);
	if (status != KF_OK)
		return status;
	kf_bind_bytes(fleet->put_class, 1, digest);
	kf_bind_text(fleet->put_class, 2, content);
	status = kf_query_next(fleet->put_class, &row, why);
	if (status == KF_OK)
		*id = kf_column_number(fleet->put_class, 0);
	while (row && status == KF_OK)
		status = kf_query_next(fleet->put_class, &row, why);
	return status;
}

enum kf_status kf_class_of(struct kf_fleet *fleet, int64_t *id,
			   const struct kf_device *device, bool *made,
			   struct kf_fault *why)
{
	struct kf_output text = { 0 };
	struct kf_digest digest = { .len = 0 };
	struct kf_bytes content;
	enum kf_status status;

	*made = false;
	status = kf_stored_write(&text, device, NULL, keep_blob, fleet, why);
	content = kf_view(text.data, text.len);
	if (status == KF_OK)
		status = kf_sha256(&digest, content, fleet->crypto, why);
	if (status == KF_OK)
		status = find(fleet, id, kf_view(digest.bytes, digest.len),
			      why);
	if (status == KF_OK && *id == 0) {
		*made = true;
		status = make(fleet, id, kf_view(digest.bytes, digest.len),
			      content, why);
	}
	kf_output_close(&text);
	return status;
}

enum kf_status kf_class_named(struct kf_fleet *fleet, int64_t *id,
			      struct kf_bytes hex, struct kf_fault *why)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t digest[KF_CLASS_LEN] = { 0 };
	enum kf_status status;
	size_t i = 0;

	*id = 0;
	for (; hex.len == 2 * sizeof(digest) && i < hex.len; i++) {
		const char *digit = hex.data[i]
			? strchr(digits, hex.data[i]) : NULL;

		if (!digit)
			break;
		digest[i / 2] = (uint8_t)(digest[i / 2] << 4 |
					  (digit - digits));
	}
	if (i == 2 * sizeof(digest)) {
		status = find(fleet, id, kf_view(digest, sizeof(digest)), why);
		if (status != KF_OK || *id)
			return status;
	}
	kf_fault_say(why, "keyfit fleet classes lists them",
		     "the fleet has no class \"%.*s\"",
		     (int)(hex.len < 64 ? hex.len : 64),
		     hex.len ? (const char *)hex.data : "");
	return KF_WRONG_USE;
}

enum kf_status kf_fleet_class_digest(struct kf_fleet *fleet, uint8_t out[32],
				     int64_t id, struct kf_fault *why)
{
	struct kf_query *query;
	enum kf_status status;
	bool row = false;

	memset(out, 0, KF_CLASS_LEN);
	status = kf_db_prepare(&query, fleet->db,
			       "SELECT digest FROM class WHERE id = $1", why);
	if (status != KF_OK)
		return status;
	kf_bind_number(query, 1, id);
	status = kf_query_next(query, &row, why);
	if (status == KF_OK && row) {
		struct kf_bytes digest = kf_column_bytes(query, 0);

		if (digest.len == KF_CLASS_LEN)
			memcpy(out, digest.data, digest.len);
	}
	kf_query_close(query);
	return status;
}

enum kf_status kf_fleet_class_open(struct kf_fleet *fleet,
				   struct kf_device *out, int64_t id,
				   const char *name,
				   const struct kf_ask *more, int64_t now_s,
				   struct kf_fault *why)
{
	struct kf_ask ask = more ? *more : (struct kf_ask){ .num_set = 0 };
	struct kf_bytes content;
	enum kf_status status;
	bool row = false;

	memset(out, 0, sizeof(*out));
	ask.device = name;
	status = kf_fleet_ready(fleet, &fleet->find_content,
				"SELECT content FROM class WHERE id = $1",
				why);
	if (status != KF_OK)
		return status;
	kf_query_again(fleet->find_content);
	kf_bind_number(fleet->find_content, 1, id);
	status = kf_query_next(fleet->find_content, &row, why);
	if (status != KF_OK)
		return status;
	content = kf_column_text(fleet->find_content, 0);
	if (!row || !kf_stored_likely(content)) {
		kf_fault_say(why, "put a copy of the fleet back",
			     "the fleet is damaged: a class is lost");
		return KF_CANNOT_READ;
	}
	return kf_device_open_bytes(out, &ask, &content, &fleet->blobs,
				    fleet->crypto, now_s, why);
}
