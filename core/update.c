/* The header of a signed update, field by field, and its description.
 */
#include "update.h"

#include "facts.h"
#include "pkcs7.h"
#include "siglist.h"

#include <string.h>

static const uint8_t pkcs7_guid[16] = {
	0x9d, 0xd2, 0xaf, 0x4a, 0xdf, 0x68, 0xee, 0x49,
	0x8a, 0xa9, 0x34, 0x7d, 0x37, 0x56, 0x65, 0xa7,
};

enum { REVISION = 0x0200, UEFI_GUID = 0x0ef1 };

bool kf_update_likely(struct kf_bytes head)
{
	static const uint8_t kind[4] = { 0x00, 0x02, 0xf1, 0x0e };

	return kf_equal(kf_part_of(head, KF_UPDATE_TIME_LEN + 4, 4),
			kf_view(kind, 4)) &&
	       kf_equal(kf_part_of(head, KF_UPDATE_TIME_LEN + 8, 16),
			kf_view(pkcs7_guid, 16));
}

/* note keeps the first damage. */
static void note(struct kf_damage *out, const char *field, uint64_t at)
{
	if (out->field)
		return;
	out->field = field;
	out->at = at;
}

/* read_time reads an EFI_TIME. What comes behind the seconds has to be zero
 * for those who compare. */
static void read_time(struct kf_update *out, struct kf_cursor *c)
{
	static const struct {
		const char *name;
		unsigned len;
	} rest[] = { { "Pad1", 1 }, { "Nanosecond", 4 }, { "TimeZone", 2 },
		     { "Daylight", 1 }, { "Pad2", 1 } };

	out->time.year = kf_u16le(c, "Year");
	out->time.month = kf_u8(c, "Month");
	out->time.day = kf_u8(c, "Day");
	out->time.hour = kf_u8(c, "Hour");
	out->time.minute = kf_u8(c, "Minute");
	out->time.second = kf_u8(c, "Second");
	for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]); i++) {
		uint64_t at = kf_at(c);

		for (unsigned n = 0; n < rest[i].len; n++)
			if (kf_u8(c, rest[i].name))
				note(&out->time_rest, rest[i].name, at);
	}
}

/* places works out where signature and value lie. */
static void places(struct kf_update *out, uint64_t size)
{
	uint64_t left = size - KF_UPDATE_TIME_LEN;

	if (out->certificate_len < KF_UPDATE_CERTIFICATE_LEN ||
	    out->certificate_len > left) {
		note(&out->damage, "dwLength", KF_UPDATE_CERTIFICATE_AT);
		return;
	}
	out->adds_up = true;
	out->signature_at = KF_UPDATE_HEADER_LEN;
	out->signature_len = out->certificate_len - KF_UPDATE_CERTIFICATE_LEN;
	out->value_at = out->signature_at + out->signature_len;
	out->value_len = size - out->value_at;
}

void kf_update_read(struct kf_update *out, struct kf_bytes head, uint64_t size)
{
	struct kf_cursor c = kf_cursor_over(head, 0);
	bool guid;

	memset(out, 0, sizeof(*out));
	read_time(out, &c);
	out->certificate_len = kf_u32le(&c, "dwLength");
	out->revision = kf_u16le(&c, "wRevision");
	out->type = kf_u16le(&c, "wCertificateType");
	guid = kf_equal(kf_take(&c, 16, "CertType"), kf_view(pkcs7_guid, 16));
	out->damage = c.damage;
	if (out->damage.field)
		return;
	if (out->revision != REVISION)
		note(&out->damage, "wRevision", 20);
	if (out->type != UEFI_GUID)
		note(&out->damage, "wCertificateType", 22);
	if (!guid)
		note(&out->damage, "CertType", 24);
	out->is_pkcs7 = out->type == UEFI_GUID && guid;
	places(out, size);
}

void kf_update_describe(const struct kf_update *update,
			struct kf_bytes signature, struct kf_bytes value,
			struct kf_env *env, const struct kf_sink *sink)
{
	struct kf_arena arena = *env->arena;
	struct kf_env local = *env;
	struct kf_bytes wrapped;

	local.arena = &arena;
	kf_fact_moment(sink, "time", &update->time);
	kf_fact_open(sink, "signature");
	kf_fact_place(sink, update->signature_at, update->signature_len);
	if (kf_pkcs7_wrap(&wrapped, signature, &arena))
		kf_fact_signed_data(sink, &local, wrapped);
	else
		kf_fact_fault(sink, KF_NO_MEMORY);
	kf_fact_close(sink);
	kf_siglist_describe(value, update->value_at, env, sink);
}
