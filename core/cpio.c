/* cpio's headers: fourteen numbers in hex, a name, padding to four bytes.
 */
#include "cpio.h"

#include <string.h>

enum { MAGIC_LEN = 6, NUMBER_LEN = 8, SIZE_AT = 6, NAME_AT = 11, SUM_AT = 12 };

bool kf_cpio_likely(struct kf_bytes head)
{
	struct kf_bytes magic = kf_part_of(head, 0, MAGIC_LEN);

	return kf_equal(magic, kf_text("070701")) ||
	       kf_equal(magic, kf_text("070702"));
}

static int digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* number reads the eight letters of one field. */
static uint32_t number(const uint8_t *header, size_t index)
{
	const uint8_t *c = header + MAGIC_LEN + index * NUMBER_LEN;
	const uint8_t *end = c + NUMBER_LEN;
	uint32_t value = 0;

	while (c < end && *c == ' ')
		c++;
	for (; c < end && *c; c++) {
		int d = digit(*c);

		if (d < 0)
			break;
		value += (uint32_t)d;
		if (c + 1 < end && c[1])
			value <<= 4;
	}
	return value;
}

/* pad is what fills up to the next multiple of four. */
static uint64_t pad(uint64_t len)
{
	return (4 - len % 4) % 4;
}

static void broken(struct kf_cpio *cpio, const char *field, uint64_t at)
{
	cpio->damage.field = field;
	cpio->damage.at = at;
}

/* take_name reads the name behind a header. */
static enum kf_status take_name(struct kf_cpio_file *out,
				struct kf_cpio *cpio, struct kf_env *env,
				uint64_t len)
{
	struct kf_bytes name;
	enum kf_status status;
	size_t n = 0;

	if (len > KF_CPIO_NAME_MAX) {
		broken(cpio, "c_namesize", out->at);
		return KF_OK;
	}
	if (len > cpio->source->size - out->at - KF_CPIO_HEADER_LEN) {
		broken(cpio, "name", out->at + KF_CPIO_HEADER_LEN);
		return KF_OK;
	}
	status = kf_source_keep(&name, cpio->source, env,
				out->at + KF_CPIO_HEADER_LEN, len);
	if (status != KF_OK)
		return status;
	while (n < name.len && name.data[n])
		n++;
	out->name = kf_part_of(name, 0, n);
	return KF_OK;
}

enum kf_status kf_cpio_next(struct kf_cpio_file *out, struct kf_cpio *cpio,
			    struct kf_env *env)
{
	const struct kf_source *source = cpio->source;
	uint8_t header[KF_CPIO_HEADER_LEN];
	enum kf_status status;
	uint64_t name_len, left;

	memset(out, 0, sizeof(*out));
	memset(&cpio->damage, 0, sizeof(cpio->damage));
	out->at = cpio->at;
	if (cpio->at > source->size ||
	    source->size - cpio->at < KF_CPIO_HEADER_LEN) {
		broken(cpio, "header", cpio->at);
		return KF_OK;
	}
	if (!source->read_at(source->self, cpio->at, header, sizeof(header)))
		return KF_CANNOT_READ;
	if (!kf_cpio_likely(kf_view(header, sizeof(header)))) {
		broken(cpio, "c_magic", cpio->at);
		return KF_OK;
	}
	out->has_sum = header[MAGIC_LEN - 1] == '2';
	out->size = number(header, SIZE_AT);
	out->sum = number(header, SUM_AT);
	name_len = number(header, NAME_AT);
	status = take_name(out, cpio, env, name_len);
	if (status != KF_OK || cpio->damage.field)
		return status;
	name_len += KF_CPIO_HEADER_LEN;
	out->data_at = out->at + name_len + pad(name_len);
	if (out->data_at > source->size)
		out->data_at = source->size;
	left = source->size - out->data_at;
	out->whole = out->size <= left;
	cpio->at = out->whole && pad(out->size) <= left - out->size
		 ? out->data_at + out->size + pad(out->size) : source->size;
	return KF_OK;
}

bool kf_cpio_is_trailer(const struct kf_cpio_file *file)
{
	return kf_equal(file->name, kf_text("TRAILER!!!"));
}
