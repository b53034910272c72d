/* Byte strings, and DER written by hand, so that it can be written wrong.
 */
#include "make.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/objects.h>

void *need(void *made, const char *what)
{
	if (!made) {
		fprintf(stderr, "make-cases: cannot make %s\n", what);
		exit(1);
	}
	return made;
}

void need_ok(bool ok, const char *what)
{
	static char yes;

	need(ok ? &yes : NULL, what);
}

static struct bytes fresh(size_t len)
{
	struct bytes b = { need(calloc(1, len + 1), "memory"), len };

	return b;
}

struct bytes raw(const void *data, size_t len)
{
	struct bytes b = fresh(len);

	if (len)
		memcpy(b.data, data, len);
	return b;
}

struct bytes hex(const char *digits)
{
	struct bytes b = fresh(strlen(digits) / 2);

	for (size_t i = 0; i < b.len; i++) {
		unsigned value;

		sscanf(digits + 2 * i, "%2x", &value);
		b.data[i] = (uint8_t)value;
	}
	return b;
}

struct bytes text(const char *words)
{
	return raw(words, strlen(words));
}

struct bytes join(size_t num, ...)
{
	struct bytes all = fresh(0);
	va_list args;

	va_start(args, num);
	for (size_t i = 0; i < num; i++) {
		struct bytes b = va_arg(args, struct bytes);

		all.data = need(realloc(all.data, all.len + b.len + 1),
				"memory");
		if (b.len)
			memcpy(all.data + all.len, b.data, b.len);
		all.len += b.len;
	}
	va_end(args);
	return all;
}

struct bytes cut(struct bytes b, size_t at, size_t len)
{
	need_ok(at <= b.len && len <= b.len - at, "a cut");
	return raw(b.data + at, len);
}

struct bytes zeros(size_t len)
{
	return fresh(len);
}

static struct bytes little(uint64_t value, size_t len)
{
	struct bytes b = fresh(len);

	for (size_t i = 0; i < len; i++)
		b.data[i] = (uint8_t)(value >> 8 * i);
	return b;
}

struct bytes le16(unsigned value)
{
	return little(value, 2);
}

struct bytes le32(uint32_t value)
{
	return little(value, 4);
}

struct bytes le64(uint64_t value)
{
	return little(value, 8);
}

struct bytes der(unsigned tag, struct bytes value)
{
	uint8_t head[4] = { (uint8_t)tag };
	size_t n = 1;

	if (value.len >= 0x100) {
		head[n++] = 0x82;
		head[n++] = (uint8_t)(value.len >> 8);
	} else if (value.len >= 0x80) {
		head[n++] = 0x81;
	}
	head[n++] = (uint8_t)value.len;
	return JOIN2(raw(head, n), value);
}

struct bytes der_oid(const char *dotted)
{
	ASN1_OBJECT *o = need(OBJ_txt2obj(dotted, 0), dotted);
	struct bytes b = der(0x06, raw(OBJ_get0_data(o), OBJ_length(o)));

	ASN1_OBJECT_free(o);
	return b;
}

struct bytes der_int(long value)
{
	uint8_t b[2] = { (uint8_t)(value >> 8), (uint8_t)value };

	return der(0x02, value > 127 ? raw(b, 2) : raw(b + 1, 1));
}

struct bytes digest(const char *name, struct bytes b)
{
	struct bytes out = fresh(EVP_MAX_MD_SIZE);
	unsigned len = 0;

	need_ok(EVP_Digest(b.data, b.len, out.data, &len,
			   EVP_get_digestbyname(name), NULL), name);
	out.len = len;
	return out;
}

void poke(struct bytes b, size_t at, struct bytes over)
{
	need_ok(at <= b.len && over.len <= b.len - at, "a change");
	memcpy(b.data + at, over.data, over.len);
}

void write_file(const char *dir, const char *name, struct bytes b)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = need(fopen(path, "wb"), path);
	need_ok(fwrite(b.data, 1, b.len, f) == b.len, path);
	need_ok(fclose(f) == 0, path);
}
