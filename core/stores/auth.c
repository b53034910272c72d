/* A signed update of a variable (.auth): a time, a signature, and the new
 * value, which is the part. Who signed it is for those who weigh updates.
 *
 * Source: UEFI 2.10, 8.2.2 (EFI_VARIABLE_AUTHENTICATION_2), 32.2.4
 * (WIN_CERTIFICATE_UEFI_GUID).
 */
#include "core/facts.h"
#include "core/siglist.h"

#include <keyfit/store.h>

enum { TIME_LEN = 16, CERTIFICATE_LEN = 24 };

static const uint8_t pkcs7_guid[16] = {
	0x9d, 0xd2, 0xaf, 0x4a, 0xdf, 0x68, 0xee, 0x49,
	0x8a, 0xa9, 0x34, 0x7d, 0x37, 0x56, 0x65, 0xa7,
};

/* update is what the header says. */
struct update {
	struct kf_moment time;
	uint64_t signature_at;
	struct kf_bytes signature;
	uint64_t at;
	struct kf_bytes value;
	struct kf_damage damage;
};

static void read_header(struct update *out, struct kf_bytes file)
{
	enum { REVISION = 0x0200, UEFI_GUID = 0x0ef1 };
	struct kf_cursor c = kf_cursor_over(file, 0);
	uint32_t len;

	out->time.year = kf_u16le(&c, "Year");
	out->time.month = kf_u8(&c, "Month");
	out->time.day = kf_u8(&c, "Day");
	out->time.hour = kf_u8(&c, "Hour");
	out->time.minute = kf_u8(&c, "Minute");
	out->time.second = kf_u8(&c, "Second");
	kf_skip(&c, 9, "TimeStamp");
	len = kf_u32le(&c, "dwLength");
	if (kf_u16le(&c, "wRevision") != REVISION)
		kf_break(&c, "wRevision");
	if (kf_u16le(&c, "wCertificateType") != UEFI_GUID)
		kf_break(&c, "wCertificateType");
	if (!kf_equal(kf_take(&c, 16, "CertType"), kf_view(pkcs7_guid, 16)))
		kf_break(&c, "CertType");
	if (len < CERTIFICATE_LEN)
		kf_break(&c, "dwLength");
	out->signature_at = kf_at(&c);
	out->signature = kf_take(&c, (uint64_t)len - CERTIFICATE_LEN,
				 "dwLength");
	out->at = kf_at(&c);
	out->value = kf_take(&c, kf_left(&c), "value");
	out->damage = c.damage;
}

static bool recognise(struct kf_bytes file)
{
	static const uint8_t kind[4] = { 0x00, 0x02, 0xf1, 0x0e };

	return kf_equal(kf_part_of(file, TIME_LEN + 4, 4), kf_view(kind, 4)) &&
	       kf_equal(kf_part_of(file, TIME_LEN + 8, 16),
			kf_view(pkcs7_guid, 16));
}

static void read(struct kf_store *out, struct kf_bytes file,
		 struct kf_env *env)
{
	struct kf_part part = { .name = "" };
	struct update u = { 0 };

	(void)env;
	read_header(&u, file);
	kf_store_damage(out, u.damage);
	if (u.damage.field)
		return;
	/* An update without a value deletes the variable. */
	part.presence = u.value.len ? KF_PRESENT : KF_ABSENT;
	part.bytes = u.value;
	part.at = u.at;
	part.time = u.time;
	if (!kf_store_put(out, &part))
		out->status = KF_NO_MEMORY;
}

static void describe(const struct kf_store *store, struct kf_bytes file,
		     struct kf_env *env, const struct kf_sink *sink)
{
	struct update u = { 0 };

	read_header(&u, file);
	if (!u.damage.field) {
		kf_fact_moment(sink, "time", &u.time);
		kf_fact_open(sink, "signature");
		kf_fact_place(sink, u.signature_at, u.signature.len);
		kf_fact_close(sink);
		kf_siglist_describe(u.value, u.at, env, sink);
	}
	kf_fact_damage(sink, store->damage, store->num_damage);
}

const struct kf_store_kind kf_store_auth = {
	.name = "auth",
	.title = "signed update of an EFI variable",
	.recognise = recognise,
	.read = read,
	.describe = describe,
};
