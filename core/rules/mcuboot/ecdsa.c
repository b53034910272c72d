/* ECDSA signatures as three crypto libraries read them. MCUBOOT-18.
 *
 * None of them reads DER as strictly as OpenSSL does, so the two numbers are
 * taken out as each library would, and are written again in the one way that
 * DER knows.
 *
 * Source: mcu-tools/mcuboot boot/bootutil/include/bootutil/crypto/ecdsa.h:
 * bootutil_decode_sig, parse_signature_from_rfc5480_encoding; Mbed-TLS/mbedtls
 * 2.28 library/ecdsa.c:mbedtls_ecdsa_read_signature, library/asn1parse.c:
 * mbedtls_asn1_get_len.
 */
#include "mcuboot.h"

#include <string.h>

enum { NUMBER_MAX = 48, INTEGER = 0x02, SEQUENCE = 0x30, UNSURE_MAX = 2 };

/* reading is a place in a signature. */
struct reading {
	const uint8_t *at, *end;
};

/* element steps into an element. Lengths may take more bytes than they need.
 * Fails: false. */
static bool element(struct reading *r, uint8_t tag, size_t *len)
{
	size_t more;

	if (r->end - r->at < 2 || *r->at++ != tag)
		return false;
	*len = *r->at++;
	if (*len >= 0x80) {
		more = *len & 0x7f;
		*len = 0;
		if (more == 0 || more > 4 || (size_t)(r->end - r->at) < more)
			return false;
		while (more--)
			*len = *len << 8 | *r->at++;
	}
	return *len <= (size_t)(r->end - r->at);
}

/* take copies a number's last bytes, with zeros in front where it is short.
 * Returns whether nothing else than zeros stands in front of them. */
static bool take(uint8_t *out, size_t out_len, const uint8_t *from, size_t len)
{
	bool fits = true;

	for (; len > out_len; len--)
		fits &= *from++ == 0;
	memset(out, 0, out_len);
	memcpy(out + out_len - len, from, len);
	return fits;
}

/* by_mbed_tls: the sequence has to end where the signature does, and the
 * numbers where the sequence does. */
static bool by_mbed_tls(uint8_t *rs, size_t n, struct reading r)
{
	size_t len;

	if (!element(&r, SEQUENCE, &len) || r.at + len != r.end)
		return false;
	for (int i = 0; i < 2; i++) {
		if (!element(&r, INTEGER, &len) ||
		    !take(rs + (size_t)i * n, n, r.at, len))
			return false;
		r.at += len;
	}
	return r.at == r.end;
}

/* by_tinycrypt: what is in front of a number's last 32 bytes, and behind the
 * second number, does not count. */
static bool by_tinycrypt(uint8_t *rs, size_t n, struct reading r)
{
	size_t len;

	if (!element(&r, SEQUENCE, &len))
		return false;
	for (int i = 0; i < 2; i++) {
		if (!element(&r, INTEGER, &len))
			return false;
		(void)take(rs + (size_t)i * n, n, r.at, len);
		r.at += len;
	}
	return true;
}

/* loose reads a buffer by index, and counts what is not told of it. */
struct loose {
	const uint8_t *buffer;
	size_t known, unsure, unsure_at;
};

static uint8_t byte(struct loose *l, size_t at)
{
	if (at < l->known && at < MCUBOOT_BUFFER)
		return l->buffer[at];
	l->unsure++;
	l->unsure_at = at;
	return 0;
}

/* copy copies a number that is said to have `len` bytes from `*at` on, and
 * moves `*at` to where its last `n` bytes start. */
static void copy(uint8_t *out, size_t n, struct loose *l, size_t *at,
		 size_t len)
{
	memset(out, 0, n);
	if (len >= n) {
		*at += len - n;
		len = n;
	}
	for (size_t i = 0; i < len; i++)
		out[n - len + i] = byte(l, *at + i);
}

/* by_psa looks at the two lengths alone, wherever they lead. */
static void by_psa(uint8_t *rs, size_t n, struct loose *l)
{
	size_t r_len = byte(l, 3), at = 4, s_len;

	copy(rs, n, l, &at, r_len);
	if (r_len >= n && r_len % 2)
		r_len--;
	s_len = byte(l, at + r_len + 1);
	at += r_len + 2;
	copy(rs + n, n, l, &at, s_len);
}

/* is_cut tells whether bytes start as a signature does. */
static bool is_cut(const uint8_t buffer[MCUBOOT_BUFFER])
{
	size_t second = 4 + (size_t)buffer[3];

	return buffer[0] == SEQUENCE && buffer[2] == INTEGER &&
	       second + 2 < MCUBOOT_BUFFER && buffer[second] == INTEGER &&
	       buffer[1] == 4 + (size_t)buffer[3] + buffer[second + 1];
}

/* integer writes one number in DER. Returns its length. */
static size_t integer(uint8_t *out, const uint8_t *number, size_t len)
{
	size_t high;

	while (len > 1 && number[0] == 0) {
		number++;
		len--;
	}
	high = number[0] >> 7;
	out[0] = INTEGER;
	out[1] = (uint8_t)(len + high);
	out[2] = 0;
	memcpy(out + 2 + high, number, len);
	return 2 + high + len;
}

size_t mcuboot_ecdsa(uint8_t out[MCUBOOT_BUFFER],
		     const uint8_t buffer[MCUBOOT_BUFFER], size_t known,
		     size_t len, size_t curve_len,
		     enum mcuboot_backend backend, struct mcuboot_stale *stale)
{
	struct reading r = { buffer, buffer + len };
	struct loose l = { buffer, known, 0, 0 };
	uint8_t rs[2 * NUMBER_MAX];
	size_t out_len = 2;

	stale->num = 0;
	if (backend == MCUBOOT_PSA)
		by_psa(rs, curve_len, &l);
	else if (backend == MCUBOOT_MBED_TLS
		 ? !by_mbed_tls(rs, curve_len, r)
		 : !by_tinycrypt(rs, curve_len, r))
		return 0;
	/* What was made as a signature and lost its last bytes may be one
	 * again with those that stand there; nothing else can. */
	if (l.unsure && l.unsure <= UNSURE_MAX && is_cut(buffer))
		stale->num = l.unsure;
	stale->at = l.unsure_at;
	if (l.unsure)
		return 0;
	for (int i = 0; i < 2; i++)
		out_len += integer(out + out_len, rs + (size_t)i * curve_len,
				   curve_len);
	out[0] = SEQUENCE;
	out[1] = (uint8_t)(out_len - 2);
	return out_len;
}
