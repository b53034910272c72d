/* Reads event logs and values of PCRs.
 *
 * Source: Linux 6.1, Documentation/ABI/stable/sysfs-class-tpm
 * (pcr-HASH/INDEX); tpm2-tools 5.4, man/tpm2_pcrread.1.md (its output).
 */
#include "collected.h"
#include "device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { LOG_MAX = 64 << 20, TEXT_MAX = 1 << 20 };

/* read_to_end reads what tells no size. */
static enum kf_status read_to_end(struct kf_output *out, int fd,
				  struct kf_fault *why)
{
	char some[65536];
	ssize_t got;

	while ((got = read(fd, some, sizeof(some))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			kf_fault_say(why, NULL, "cannot be read: %s",
				     strerror(errno));
			return KF_CANNOT_READ;
		}
		kf_output_add(out, some, (size_t)got);
		if (out->failed) {
			kf_fault_say(why, NULL, "out of memory");
			return KF_NO_MEMORY;
		}
		if (out->len > LOG_MAX) {
			kf_fault_say(why, NULL, "is larger than %d MiB",
				     LOG_MAX >> 20);
			return KF_TOO_MUCH;
		}
	}
	return KF_OK;
}

enum kf_status kf_stream_read(struct kf_output *out, const char *path,
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
	return status;
}

enum kf_status kf_log_read(struct kf_output *out, const char *path,
			   struct kf_fault *why)
{
	enum kf_status status = kf_stream_read(out, path, why);
	struct kf_output whole = *out;

	if (status != KF_OK ||
	    !kf_collected_likely(kf_view(out->data, out->len)))
		return status;
	status = kf_collected_log(out, NULL,
				  kf_view(whole.data, whole.len), why);
	kf_output_close(&whole);
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
static bool take_line(struct kf_pcr_values *out, const struct kf_bank **bank,
		      const char *line)
{
	const struct kf_bank *b;
	char name[16], value[160];
	unsigned pcr;

	if (*bank && sscanf(line, " %u : %159s", &pcr, value) == 2 &&
	    pcr < KF_NUM_PCRS)
		return read_hex(&out->value[(*bank)->kind][pcr], value,
				(*bank)->digest_len);
	if (sscanf(line, " %15[a-z0-9_] :", name) != 1)
		return false;
	*bank = NULL;
	for (size_t i = 0; (b = kf_bank_at(i)); i++)
		if (b->known && strcmp(b->name, name) == 0)
			*bank = b;
	return false;
}

enum kf_status kf_pcr_values_read(struct kf_pcr_values *out, const char *path,
				  struct kf_fault *why)
{
	struct kf_text_file text;
	enum kf_status status = kf_text_file_read(&text, path, TEXT_MAX, why);
	const struct kf_bank *bank = NULL;
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

/* read_own reads one register. Fails: false when it is not there. */
static bool read_own(struct kf_pcr_values *out, const struct kf_bank *bank,
		     int pcr)
{
	char path[64], value[160];
	bool ok;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/class/tpm/tpm0/pcr-%s/%d",
		 bank->name, pcr);
	file = fopen(path, "r");
	if (!file)
		return false;
	ok = fscanf(file, "%159s", value) == 1 &&
	     read_hex(&out->value[bank->kind][pcr], value, bank->digest_len);
	fclose(file);
	return ok;
}

bool kf_pcr_values_own(struct kf_pcr_values *out)
{
	const struct kf_bank *bank;
	bool any = false;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; (bank = kf_bank_at(i)); i++)
		for (int pcr = 0; bank->known && pcr < KF_NUM_PCRS; pcr++)
			any |= read_own(out, bank, pcr);
	return any;
}
