/* Reads event logs and values of PCRs.
 *
 * Source: Linux 6.1, Documentation/ABI/stable/sysfs-class-tpm
 * (pcr-HASH/INDEX); tpm2-tools 5.4, man/tpm2_pcrread.1.md (its output).
 */
#include "measured.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { LOG_MAX = 64 << 20, TEXT_MAX = 1 << 20 };

static const char *const banks[KF_NUM_DIGESTS] = {
	[KF_SHA1] = "sha1",
	[KF_SHA256] = "sha256",
	[KF_SHA384] = "sha384",
	[KF_SHA512] = "sha512",
};

/* grow makes room for more. Fails: false. */
static bool grow(struct kf_text_file *file, size_t *room)
{
	char *more;

	if (file->bytes.len < *room)
		return true;
	*room = *room ? *room * 2 : 65536;
	more = realloc(file->memory, *room + 1);
	if (!more)
		return false;
	file->memory = more;
	return true;
}

/* read_to_end reads what tells no size. */
static enum kf_status read_to_end(struct kf_text_file *out, int fd,
				  struct kf_fault *why)
{
	size_t room = 0;
	ssize_t got;

	for (;;) {
		if (!grow(out, &room)) {
			kf_fault_say(why, NULL, "out of memory");
			return KF_NO_MEMORY;
		}
		got = read(fd, out->memory + out->bytes.len,
			   room - out->bytes.len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		out->bytes.len += (size_t)got;
		if (out->bytes.len > LOG_MAX) {
			kf_fault_say(why, NULL, "is larger than %d MiB",
				     LOG_MAX >> 20);
			return KF_TOO_MUCH;
		}
	}
	if (got < 0) {
		kf_fault_say(why, NULL, "cannot be read: %s", strerror(errno));
		return KF_CANNOT_READ;
	}
	out->bytes.data = (const uint8_t *)out->memory;
	return KF_OK;
}

enum kf_status kf_log_read(struct kf_text_file *out, const char *path,
			   struct kf_fault *why)
{
	bool is_stdin = strcmp(path, "-") == 0;
	enum kf_status status;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);

	memset(out, 0, sizeof(*out));
	if (fd < 0) {
		kf_fault_say(why, errno == EACCES ? "run as root, or copy it and name the copy" :
			     errno == ENOENT ? "check the path; a machine without a TPM has none" :
			     NULL, "cannot be opened: %s", strerror(errno));
		return KF_CANNOT_READ;
	}
	status = read_to_end(out, fd, why);
	if (!is_stdin)
		close(fd);
	if (status != KF_OK)
		kf_text_file_close(out);
	return status;
}

/* read_hex reads a digest, with or without 0x. Fails: false. */
static bool read_hex(struct kf_digest *out, const char *text, size_t want)
{
	unsigned byte;

	if (strncasecmp(text, "0x", 2) == 0)
		text += 2;
	if (strspn(text, "0123456789abcdefABCDEF") != 2 * want)
		return false;
	for (size_t i = 0; i < want; i++) {
		if (sscanf(text + 2 * i, "%2x", &byte) != 1)
			return false;
		out->bytes[i] = (uint8_t)byte;
	}
	out->len = want;
	return true;
}

/* take_line takes one line of tpm2_pcrread's text: a bank's name, or the
 * value of a register. Returns whether it was one of these. */
static bool take_line(struct kf_pcr_values *out, int *bank, const char *line)
{
	char name[16], value[160];
	unsigned pcr;

	if (*bank >= 0 && sscanf(line, " %u : %159s", &pcr, value) == 2 &&
	    pcr < KF_NUM_PCRS)
		return read_hex(&out->value[*bank][pcr], value,
				kf_digest_len((enum kf_digest_kind)*bank));
	if (sscanf(line, " %15[a-z0-9_] :", name) != 1)
		return false;
	*bank = -1;
	for (int i = 0; i < KF_NUM_DIGESTS; i++)
		if (strcmp(banks[i], name) == 0)
			*bank = i;
	return false;
}

enum kf_status kf_pcr_values_read(struct kf_pcr_values *out, const char *path,
				  struct kf_fault *why)
{
	struct kf_text_file text;
	enum kf_status status = kf_text_file_read(&text, path, TEXT_MAX, why);
	int bank = -1;
	bool any = false;

	memset(out, 0, sizeof(*out));
	if (status != KF_OK)
		return status;
	for (char *line = text.memory, *next; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		any |= take_line(out, &bank, line);
	}
	kf_text_file_close(&text);
	if (any)
		return KF_OK;
	kf_fault_say(why, "give it what tpm2_pcrread prints",
		     "holds no values of PCRs");
	return KF_WRONG_USE;
}

bool kf_pcr_values_own(struct kf_pcr_values *out)
{
	bool any = false;

	memset(out, 0, sizeof(*out));
	for (int bank = 0; bank < KF_NUM_DIGESTS; bank++)
		for (int pcr = 0; pcr < KF_NUM_PCRS; pcr++) {
			char path[64], value[160];
			FILE *file;

			snprintf(path, sizeof(path),
				 "/sys/class/tpm/tpm0/pcr-%s/%d", banks[bank],
				 pcr);
			file = fopen(path, "r");
			if (!file)
				continue;
			if (fscanf(file, "%159s", value) == 1)
				any |= read_hex(&out->value[bank][pcr], value,
						kf_digest_len(
						(enum kf_digest_kind)bank));
			fclose(file);
		}
	return any;
}
