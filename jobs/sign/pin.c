/* PINs and passphrases: read where they lie, kept no longer than they are
 * wanted, and never told.
 *
 * Source: RFC 7512, 2.4, pin-source; systemd.exec(5), Credentials.
 */
#include "name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum kf_status keep(struct kf_pin *out, const char *text, size_t len,
			   struct kf_fault *why)
{
	if (len && text[len - 1] == '\n')
		len--;
	if (len && text[len - 1] == '\r')
		len--;
	if (!len || len > KF_PIN_MAX || memchr(text, '\0', len)) {
		kf_fault_say(why, "it is one line of at most 255 bytes",
			     len ? "the PIN is too long, or no text"
				 : "the PIN is empty");
		return KF_WRONG_USE;
	}
	memcpy(out->text, text, len);
	out->text[len] = '\0';
	out->len = len;
	out->there = true;
	return KF_OK;
}

/* read_open reads a PIN to its end, which may come late: it may be a pipe. */
static enum kf_status read_open(struct kf_pin *out, int fd,
				struct kf_fault *why)
{
	char text[KF_PIN_MAX + 3];
	size_t len = 0;
	ssize_t got = 1;
	enum kf_status status;

	while (got && len < sizeof(text)) {
		got = read(fd, text + len, sizeof(text) - len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			kf_fault_say(why, NULL, "its PIN cannot be read: %s",
				     strerror(errno));
			explicit_bzero(text, sizeof(text));
			return KF_CANNOT_READ;
		}
		len += (size_t)got;
	}
	status = keep(out, text, len, why);
	explicit_bzero(text, sizeof(text));
	return status;
}

static enum kf_status read_file(struct kf_pin *out, const char *path,
				struct kf_fault *warning, struct kf_fault *why)
{
	int fd = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	enum kf_status status;
	struct stat st;

	if (fd < 0) {
		kf_fault_say(why, NULL, "its PIN cannot be read: %.120s: %s",
			     path, strerror(errno));
		return KF_CANNOT_READ;
	}
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (st.st_mode & (S_IRGRP | S_IROTH)))
		kf_fault_say(warning, "chmod 600 takes that away",
			     "others may read the PIN, which lies in %.140s",
			     path);
	status = read_open(out, fd, why);
	close(fd);
	return status;
}

static enum kf_status read_environment(struct kf_pin *out, const char *name,
				       struct kf_fault *why)
{
	const char *text = getenv(name);

	if (!text) {
		kf_fault_say(why, NULL,
			     "its PIN is not there: %.100s is not set", name);
		return KF_WRONG_USE;
	}
	return keep(out, text, strlen(text), why);
}

static enum kf_status read_credential(struct kf_pin *out, const char *name,
				      struct kf_fault *warning,
				      struct kf_fault *why)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	char path[2 * KF_KEY_NAME_MAX];

	if (!folder || strchr(name, '/')) {
		kf_fault_say(why, "systemd gives them to a service that has LoadCredential= or SetCredentialEncrypted=",
			     folder ? "a credential's name has no slash"
				    : "there are no credentials: CREDENTIALS_DIRECTORY is not set");
		return KF_WRONG_USE;
	}
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >=
	    sizeof(path)) {
		kf_fault_say(why, NULL, "the credential's path is too long");
		return KF_WRONG_USE;
	}
	return read_file(out, path, warning, why);
}

/* behind gives what stands behind a word; NULL: the word is not in front. */
static const char *behind(const char *text, const char *word)
{
	size_t len = strlen(word);

	return strncmp(text, word, len) == 0 ? text + len : NULL;
}

enum kf_status kf_pin_read(struct kf_pin *out, const struct kf_key_name *name,
			   struct kf_fault *warning, struct kf_fault *why)
{
	const char *source = name->pin_source, *rest;

	memset(out, 0, sizeof(*out));
	if (name->pin_value[0]) {
		kf_fault_say(warning, "pin-source=file:PATH keeps it out of there",
			     "the PIN stands in the command line, where whoever lists processes reads it");
		return keep(out, name->pin_value, strlen(name->pin_value),
			    why);
	}
	if (!source[0])
		return KF_OK;
	rest = behind(source, "file:");
	if (rest || source[0] == '/')
		return read_file(out, rest ? rest : source, warning, why);
	rest = behind(source, "env:");
	if (rest)
		return read_environment(out, rest, why);
	rest = behind(source, "credential:");
	if (rest)
		return read_credential(out, rest, warning, why);
	kf_fault_say(why, "say file:PATH, env:NAME or credential:NAME",
		     source[0] == '|' ? "its PIN source is a command, and keyfit runs none"
				      : "its PIN source is of no kind that keyfit knows");
	return KF_WRONG_USE;
}

void kf_pin_wipe(struct kf_pin *pin)
{
	explicit_bzero(pin, sizeof(*pin));
}
