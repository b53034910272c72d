/* Reads --signed-by: one certificate in DER, or one or several in PEM.
 *
 * Source: RFC 7468, sections 2 and 5.1.
 */
#include "signer.h"

#include <stdlib.h>
#include <string.h>

static const char begin[] = "-----BEGIN CERTIFICATE-----";
static const char end[] = "-----END CERTIFICATE-----";

static int digit_of(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *found = c ? strchr(digits, c) : NULL;

	return found ? (int)(found - digits) : -1;
}

/* decode turns base64 into bytes, at `out`, which is as long as the text.
 * White space is passed over. Fails: 0 where another character stands. */
static size_t decode(uint8_t *out, const char *text, size_t len)
{
	uint32_t bits = 0;
	unsigned num = 0;
	size_t n = 0;

	for (size_t i = 0; i < len && text[i] != '='; i++) {
		int digit = digit_of(text[i]);

		if (strchr(" \t\r\n", text[i]))
			continue;
		if (digit < 0)
			return 0;
		bits = bits << 6 | (uint32_t)digit;
		num += 6;
		if (num >= 8) {
			num -= 8;
			out[n++] = (uint8_t)(bits >> num);
		}
	}
	return n;
}

/* take adds a certificate. Fails: false when it is none, or one too many. */
static bool take(struct kf_signer *out, struct kf_bytes der,
		 const struct kf_crypto *crypto, struct kf_fault *why)
{
	int64_t from, to;

	if (out->num == KF_SIGNER_MAX) {
		kf_fault_say(why, NULL, "holds more than %d certificates",
			     KF_SIGNER_MAX);
		return false;
	}
	if (!der.len || !crypto->certificate_times(crypto->self, der, &from,
						   &to)) {
		kf_fault_say(why, "give an X.509 certificate in PEM or DER, the signer's first",
			     "certificate %zu is not an X.509 certificate",
			     out->num + 1);
		return false;
	}
	out->certificate[out->num++] = der;
	return true;
}

/* read_pem takes every certificate of a PEM file, in its order. */
static bool read_pem(struct kf_signer *out, const char *text,
		     const struct kf_crypto *crypto, struct kf_fault *why)
{
	uint8_t *to = out->decoded;

	while ((text = strstr(text, begin))) {
		const char *stop;
		size_t len;

		text += sizeof(begin) - 1;
		stop = strstr(text, end);
		if (!stop) {
			kf_fault_say(why, NULL, "ends within a certificate");
			return false;
		}
		len = decode(to, text, (size_t)(stop - text));
		if (!take(out, kf_view(to, len), crypto, why))
			return false;
		to += len;
		text = stop;
	}
	return true;
}

enum kf_status kf_signer_read(struct kf_signer *out, const char *path,
			      const struct kf_crypto *crypto,
			      struct kf_fault *why)
{
	enum kf_status status;
	bool good;

	memset(out, 0, sizeof(*out));
	status = kf_text_file_read(&out->file, path, KF_SIGNER_FILE_MAX, why);
	if (status != KF_OK)
		return status;
	if (!strstr(out->file.memory, begin)) {
		good = take(out, out->file.bytes, crypto, why);
		return good ? KF_OK : KF_WRONG_USE;
	}
	out->decoded = malloc(out->file.bytes.len);
	if (!out->decoded) {
		kf_fault_say(why, NULL, "out of memory");
		return KF_NO_MEMORY;
	}
	good = read_pem(out, out->file.memory, crypto, why);
	return good ? KF_OK : KF_WRONG_USE;
}

void kf_signer_close(struct kf_signer *signer)
{
	kf_text_file_close(&signer->file);
	free(signer->decoded);
	memset(signer, 0, sizeof(*signer));
}
