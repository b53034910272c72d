/* Puts updates of variables together, and writes the script of cases.
 *
 * Source: UEFI 2.10, 8.2.2 (EFI_VARIABLE_AUTHENTICATION_2, what is signed).
 */
#include "update.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define OID_DATA "1.2.840.113549.1.7.1"

enum { HEADER_LEN = 24, NAME_LEN = 24 };

static const char global_vendor[] = "8be4df61-93ca-11d2-aa0d-00e098032b8c";
static const char security_vendor[] = "d719b2cb-3d3a-4596-a3bc-dad00e67656f";
static const char *const var_names[NUM_VARS] = { "PK", "KEK", "db", "dbx",
						 "dbt" };
static FILE *script;
static const char *folder;
static struct keys last;
static size_t num_cases;

struct signature signature_by(const struct identity *who)
{
	struct signature s = { .signer = { who }, .no_attributes = true,
			       .bare = true, .detached = true,
			       .content_oid = OID_DATA };

	return s;
}

static struct bytes utf16(const char *name, bool with_end)
{
	struct bytes b = zeros(2 * (strlen(name) + with_end));

	for (size_t i = 0; name[i]; i++)
		b.data[2 * i] = (uint8_t)name[i];
	return b;
}

static struct bytes vendor_of(const char *name, bool other)
{
	bool global = strcmp(name, "PK") == 0 || strcmp(name, "KEK") == 0;

	return guid(global != other ? global_vendor : security_vendor);
}

static struct bytes covered(const struct seal *s, unsigned attributes,
			    struct bytes time)
{
	const char *name = s->signed_var ? s->signed_var : s->var;

	return join(5, utf16(name, s->name_with_end),
		    vendor_of(name, s->other_vendor),
		    le32(s->signed_attributes ? s->signed_attributes
					      : attributes),
		    s->signed_time ? efi_time(s->signed_time) : time,
		    s->signed_value.data ? s->signed_value : s->value);
}

struct write sealed(const struct seal *s)
{
	unsigned attributes = s->attributes ? s->attributes : 0x27;
	struct bytes time = s->odd_time.len ? s->odd_time : efi_time(
				s->time ? s->time : "20210101000000");
	struct bytes proof = s->garbage;
	struct write w = { s->var, attributes, { NULL, 0 } };

	if (!s->no_signature && !proof.data)
		proof = sign_data(&s->by, covered(s, attributes, time));
	w.data = join(7, time,
		      le32((uint32_t)((long)(HEADER_LEN + proof.len) +
				      s->add_len)),
		      le16(s->revision ? s->revision : 0x0200),
		      le16(s->type ? s->type : 0x0ef1),
		      guid(s->guid ? s->guid : guid_pkcs7), proof, s->value);
	return w;
}

struct write plain_write(const char *var, unsigned attributes,
			 struct bytes data)
{
	struct write w = { var, attributes, data };

	return w;
}

void open_updates(const char *dir)
{
	char path[4096];

	folder = dir;
	snprintf(path, sizeof(path), "%s/updates", dir);
	script = need(fopen(path, "w"), path);
}

static void keep(char name[NAME_LEN], struct bytes b, const char *kind)
{
	struct bytes d = digest("SHA256", b);

	snprintf(name, NAME_LEN, "%02x%02x%02x%02x%02x%02x.%s", d.data[0],
		 d.data[1], d.data[2], d.data[3], d.data[4], d.data[5], kind);
	write_file(folder, name, b);
}

static bool same_keys(const struct keys *a, const struct keys *b)
{
	for (int i = 0; i < NUM_VARS; i++)
		if (a->value[i].data != b->value[i].data ||
		    a->value[i].len != b->value[i].len ||
		    a->time[i] != b->time[i])
			return false;
	return true;
}

static void put_keys(const struct keys *keys)
{
	char name[NAME_LEN];

	if (num_cases && same_keys(keys, &last))
		return;
	last = *keys;
	fprintf(script, "vars");
	for (int i = 0; i < NUM_VARS; i++) {
		if (keys->value[i].len == 0) {
			fprintf(script, " %s=none", var_names[i]);
			continue;
		}
		keep(name, keys->value[i], "esl");
		fprintf(script, " %s=%s@%s", var_names[i], name,
			keys->time[i] ? keys->time[i] : "20200101000000");
	}
	fprintf(script, "\n");
}

void put_case(const char *rule, const char *name, const char *expect,
	      const struct keys *keys, size_t num, ...)
{
	char file[NAME_LEN];
	va_list args;

	need_ok(num <= WRITES_MAX && !strchr(name, ' '), name);
	put_keys(keys);
	fprintf(script, "rule %s %s\nwrite %s", rule, expect, name);
	va_start(args, num);
	for (size_t i = 0; i < num; i++) {
		struct write w = va_arg(args, struct write);

		fprintf(script, "%s %s %x", i ? " /" : "", w.var,
			w.attributes);
		if (w.data.len) {
			keep(file, w.data, "upd");
			fprintf(script, " @%s", file);
		}
	}
	va_end(args);
	fprintf(script, "\n");
	num_cases++;
}

void close_updates(void)
{
	need_ok(fclose(script) == 0, "the script");
	printf("%zu cases\n", num_cases);
}
