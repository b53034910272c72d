/* EFI variables in a tar file: a copy of efivarfs of one machine, or of several
 * in a folder each.
 *
 * Only the format's own 512-byte headers are read, with the two ways of long
 * names that are in use; nothing is unpacked, so that no library is asked. What
 * is compressed is not for this reader.
 *
 * Source: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Header Block";
 * GNU tar manual, "Basic Tar Format".
 */
#include "parts.h"

#include "host/base64.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	BLOCK = 512,
	NAME_ROOM = 1024,
	VARIABLE_MAX = 1 << 20,
	GUID_LEN = 36,
	MACHINES_MAX = 4096,
};

/* machine is one folder with variables. */
struct machine {
	char *folder;
	struct kf_output text;
	struct kf_json json;
};

struct tar {
	struct kf_importing *i;
	const struct kf_source *source;
	uint64_t at;
	char name[NAME_ROOM];
	bool named;		/* by a header in front */
	struct machine *machine;
	size_t num;
};

bool kf_tar_likely(struct kf_bytes head)
{
	return head.len >= BLOCK && memcmp(head.data + 257, "ustar", 5) == 0;
}

/* octal reads a number. Fails: false. */
static bool octal(const char *field, size_t len, uint64_t *out)
{
	*out = 0;
	for (size_t n = 0; n < len && field[n] && field[n] != ' '; n++) {
		if (field[n] < '0' || field[n] > '7')
			return false;
		*out = *out << 3 | (uint64_t)(field[n] - '0');
	}
	return true;
}

/* is_summed tells whether the header's sum is right. */
static bool is_summed(const char *block)
{
	uint64_t sum = 0, told;

	for (size_t n = 0; n < BLOCK; n++)
		sum += n >= 148 && n < 156 ? ' ' : (unsigned char)block[n];
	return octal(block + 148, 8, &told) && told == sum;
}

/* own_name puts a name together that stands in the header itself. */
static void own_name(struct tar *t, const char *block)
{
	const char *prefix = block + 345;
	int prefix_len = memcmp(block + 257, "ustar", 6) == 0
		? (int)strnlen(prefix, 155) : 0;

	if (t->named)
		return;
	snprintf(t->name, sizeof(t->name), "%.*s%s%.*s", prefix_len, prefix,
		 prefix_len ? "/" : "", (int)strnlen(block, 100), block);
}

/* name_in_front takes a name out of a header that stands before the file's:
 * GNU's has it alone, the other one among lines "LENGTH path=NAME". */
static bool name_in_front(struct tar *t, uint64_t size, char type)
{
	char text[4 * NAME_ROOM + 1];
	const char *path = text;
	size_t len;

	if (size >= sizeof(text))
		return true;	/* something else; the short name stays */
	len = (size_t)size;
	if (!t->source->read_at(t->source->self, t->at, text, len))
		return false;
	text[len] = '\0';
	if (type == 'x') {
		path = strstr(text, " path=");
		if (!path)
			return true;
		path += 6;
	}
	len = strcspn(path, "\n");
	snprintf(t->name, sizeof(t->name), "%.*s", (int)len, path);
	t->named = true;
	return true;
}

/* is_variable tells whether a file is named NAME-GUID. */
static bool is_variable(const char *name)
{
	size_t len = strlen(name);
	const char *guid = name + len - GUID_LEN;

	if (len < GUID_LEN + 2 || guid[-1] != '-')
		return false;
	for (size_t n = 0; n < GUID_LEN; n++)
		if (n == 8 || n == 13 || n == 18 || n == 23
		    ? guid[n] != '-'
		    : !strchr("0123456789abcdefABCDEF", guid[n]))
			return false;
	return true;
}

/* machine_of finds the machine of a folder, or starts it. */
static struct machine *machine_of(struct tar *t, const char *folder,
				  size_t len)
{
	struct machine *m;

	for (size_t n = 0; n < t->num; n++)
		if (strlen(t->machine[n].folder) == len &&
		    memcmp(t->machine[n].folder, folder, len) == 0)
			return &t->machine[n];
	if (t->num == MACHINES_MAX)
		return NULL;
	m = realloc(t->machine, (t->num + 1) * sizeof(*m));
	if (!m)
		return NULL;
	t->machine = m;
	for (size_t n = 0; n < t->num; n++)
		m[n].json.out = &m[n].text;	/* they have moved */
	m += t->num;
	memset(m, 0, sizeof(*m));
	m->json.out = &m->text;
	m->folder = strndup(folder, len);
	if (!m->folder)
		return NULL;
	t->num++;
	return m;
}

/* name_machine writes what a machine is called: the topmost folder of its own,
 * or the tar file. */
static void name_machine(struct kf_output *out, const char *folder,
			 const char *path)
{
	static const char *const known[] = { "sys", "firmware", "efi",
					     "efivars", "vars", "." };
	const char *base = strrchr(path, '/');
	size_t len;

	for (const char *at = folder; *at; at += len + (at[len] == '/')) {
		bool own = true;

		len = strcspn(at, "/");
		for (size_t n = 0; n < 6; n++)
			own &= strlen(known[n]) != len ||
			       memcmp(known[n], at, len) != 0;
		if (own && len) {
			kf_output_add(out, at, len);
			return;
		}
	}
	base = base ? base + 1 : path;
	kf_output_add(out, base, strcspn(base, "."));
}

static void start_machine(struct tar *t, struct machine *m, const char *path)
{
	struct kf_output name = { 0 };

	(void)t;
	name_machine(&name, m->folder, path);
	kf_json_open(&m->json, NULL, '{');
	kf_json_number(&m->json, "keyfit_collected", 1);
	kf_json_foreign(&m->json, "host", kf_view(name.data, name.len));
	kf_json_text(&m->json, "machine", NULL);
	kf_json_text(&m->json, "efivars", "copy");
	kf_json_open(&m->json, "variables", '[');
	m->text.failed = m->text.failed || name.failed;
	kf_output_close(&name);
}

/* take_variable adds a variable to its machine. */
static enum kf_status take_variable(struct tar *t, uint64_t size,
				    const char *path)
{
	const char *base = strrchr(t->name, '/');
	size_t len = base ? (size_t)(base - t->name) : 0;
	struct machine *m;
	uint8_t *bytes;

	base = base ? base + 1 : t->name;
	if (!is_variable(base) || size > VARIABLE_MAX)
		return KF_OK;
	m = machine_of(t, t->name, len);
	bytes = malloc((size_t)size + 1);
	if (!m || !bytes) {
		free(bytes);
		kf_fault_say(kf_import_why(t->i), NULL, "out of memory");
		return KF_NO_MEMORY;
	}
	if (size && !t->source->read_at(t->source->self, t->at, bytes,
					(size_t)size)) {
		free(bytes);
		return KF_CANNOT_READ;
	}
	if (m->text.len == 0)
		start_machine(t, m, path);
	kf_json_open(&m->json, NULL, '{');
	kf_json_foreign(&m->json, "file", kf_text(base));
	kf_base64_write(&m->json, "data", kf_view(bytes, (size_t)size));
	kf_json_close(&m->json);
	free(bytes);
	return KF_OK;
}

/* take_entry takes one header and what belongs to it. `*sound` false: it is
 * damaged, and nothing behind it can be told. */
static enum kf_status take_entry(struct tar *t, const char *path, bool *sound,
				 bool *end)
{
	enum kf_status status = KF_OK;
	char block[BLOCK];
	uint64_t size, left;

	/* A copy that was cut short would be a machine without some of its
	 * lists: there has to be the block of zeros that ends the file. */
	*sound = t->source->size - t->at >= BLOCK;
	if (!*sound)
		return KF_OK;
	if (!t->source->read_at(t->source->self, t->at, block, BLOCK))
		return KF_CANNOT_READ;
	*end = block[0] == '\0' && block[345] == '\0';
	if (*end)
		return KF_OK;
	t->at += BLOCK;
	left = t->source->size - t->at;
	*sound = is_summed(block) && octal(block + 124, 12, &size) &&
		 size <= left;
	if (!*sound)
		return KF_OK;
	if (block[156] == 'x' || block[156] == 'L') {
		if (!name_in_front(t, size, block[156]))
			status = KF_CANNOT_READ;
	} else {
		own_name(t, block);
		if (block[156] == '0' || block[156] == '\0')
			status = take_variable(t, size, path);
		t->named = false;
	}
	size = (size + BLOCK - 1) / BLOCK * BLOCK;
	t->at += size < left ? size : left;
	return status;
}

/* hand_on gives each machine on, as if it had been collected. */
static enum kf_status hand_on(struct tar *t)
{
	enum kf_status status = KF_OK;

	for (size_t n = 0; n < t->num && status == KF_OK; n++) {
		struct machine *m = &t->machine[n];

		kf_json_close(&m->json);
		kf_json_open(&m->json, "unread", '[');
		kf_json_close(&m->json);
		kf_json_close(&m->json);
		if (m->text.failed) {
			kf_fault_say(kf_import_why(t->i), NULL,
				     "out of memory");
			return KF_NO_MEMORY;
		}
		status = kf_import_whole(t->i, 0, kf_view(m->text.data,
							  m->text.len));
	}
	return status;
}

enum kf_status kf_import_tar(struct kf_importing *i,
			     const struct kf_source *source,
			     const char *path)
{
	struct tar t = { .i = i, .source = source };
	enum kf_status status = KF_OK;
	bool sound = true, end = false;

	while (status == KF_OK && sound && !end) {
		status = take_entry(&t, path, &sound, &end);
		kf_import_progress(i, t.at);
	}
	if (status == KF_OK && !sound)
		kf_import_bad(i, 0, "the tar file is damaged, or cut short: nothing of it is taken",
			      "copy it again");
	else if (status == KF_OK && t.num == 0)
		kf_import_bad(i, 0, "the tar file holds no EFI variables",
			      "make it of the files of /sys/firmware/efi/efivars");
	else if (status == KF_OK)
		status = hand_on(&t);
	for (size_t n = 0; n < t.num; n++) {
		free(t.machine[n].folder);
		kf_output_close(&t.machine[n].text);
	}
	free(t.machine);
	return status;
}
