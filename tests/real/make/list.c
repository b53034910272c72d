/* EFI signature lists.
 *
 * Source: UEFI 2.10, 32.4.1; the GUIDs are the ones given there.
 */
#include "make.h"

#include <stdio.h>
#include <string.h>

const char guid_x509[] = "a5c059a1-94e4-4aa7-87b5-ab155c2bf072";
const char guid_sha1[] = "826ca512-cf10-4ac9-b187-be01496631bd";
const char guid_sha224[] = "0b6e5233-a65c-44c9-9407-d9ab83bfc8bd";
const char guid_sha256[] = "c1c41626-504c-4092-aca9-41f936934328";
const char guid_sha384[] = "ff3e5307-9fd0-48c9-85f1-8ad56c701e01";
const char guid_sha512[] = "093e0fae-a6c4-4f50-9f1b-d41e2b89c19a";
const char guid_x509_sha256[] = "3bd2a492-96c0-4079-b420-fcf98ef103ed";
const char guid_x509_sha384[] = "7076876e-80c2-4ee6-aad2-28b349a6865b";
const char guid_x509_sha512[] = "446dbf63-2502-4cda-bcfa-2465d2b0fe9d";
const char guid_rsa2048[] = "3c5766e8-269c-4e34-aa14-ed776e85b3b6";
const char guid_pkcs7[] = "4aafd29d-68df-49ee-8aa9-347d375665a7";
static const char owner[] = "11111111-2222-3333-4444-555555555555";

struct bytes guid(const char *given)
{
	static const size_t order[16] = { 6, 4, 2, 0, 11, 9, 16, 14, 19, 21,
					  24, 26, 28, 30, 32, 34 };
	struct bytes b = zeros(16);

	for (size_t i = 0; i < 16; i++) {
		unsigned value;

		sscanf(given + order[i], "%2x", &value);
		b.data[i] = (uint8_t)value;
	}
	return b;
}

struct bytes list(const char *type, struct bytes entries, size_t entry_len)
{
	return join(5, guid(type), le32((uint32_t)(28 + entries.len)),
		    le32(0), le32((uint32_t)entry_len), entries);
}

struct bytes x509_list(const struct identity *who)
{
	return list(guid_x509, JOIN2(guid(owner), who->der),
		    16 + who->der.len);
}

struct bytes hash_list(const char *type, struct bytes value)
{
	return list(type, JOIN2(guid(owner), value), 16 + value.len);
}

struct bytes efi_time(const char *time)
{
	unsigned y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0;

	if (time)
		sscanf(time, "%4u%2u%2u%2u%2u%2u", &y, &mo, &d, &h, &mi, &s);
	return JOIN3(le16(y), raw((uint8_t[]){ (uint8_t)mo, (uint8_t)d,
		     (uint8_t)h, (uint8_t)mi, (uint8_t)s }, 5), zeros(9));
}

struct bytes tbs_list(const char *type, const struct identity *who,
		      const char *md, const char *time)
{
	unsigned char *out = NULL;
	int len = i2d_re_X509_tbs(who->x, &out);
	struct bytes value;

	need_ok(len > 0, "a TBSCertificate");
	value = JOIN2(digest(md, raw(out, (size_t)len)), efi_time(time));
	OPENSSL_free(out);
	return hash_list(type, value);
}
