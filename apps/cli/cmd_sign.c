/* keyfit sign: signs a file as its format wants it, with a key in a file, on a
 * token or in a TPM.
 *
 * What is signed is a copy that nobody else can write to. With --must-fit the
 * devices are asked before the key signs, and again about what came out;
 * the file is written whole, and only if they all take it.
 */
#include "say.h"
#include "sign.h"

#include "host/file.h"
#include "host/replace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const examples[] = {
	"keyfit sign firmware.bin --format raw --key release.key --output firmware.sig",
	"keyfit sign firmware.bin --format cms --key 'pkcs11:token=release;object=fw' --pin-source env:PIN --certificate fw.crt --output firmware.p7s",
	"keyfit sign grubx64.efi --format pe --key 'pkcs11:token=release;object=sb' --pin-source env:PIN --certificate sb.crt --output grubx64.efi.signed --must-fit OVMF_VARS_4M.ms.fd",
	NULL,
};

/* read_certificates reads all files of certificates, in their order. */
static int read_certificates(struct kf_sign_run *s)
{
	const struct kf_arguments *a = s->arguments;

	for (size_t i = 0; i < a->num_given; i++) {
		struct kf_signer *signer = &s->signer[s->num_signers];
		const char *path = a->given[i].value;
		struct kf_fault why = { 0 };
		enum kf_status status;

		if (strcmp(a->given[i].option->name, "certificate") != 0)
			continue;
		if (s->num_signers == KF_SIGN_FILES_MAX) {
			kf_say(path, "is one file of certificates too many",
			       "8 at most");
			return KF_EXIT_USAGE;
		}
		s->num_signers++;
		status = kf_signer_read(signer, path, s->crypto, &why);
		if (status != KF_OK)
			return kf_say_failure(path, status, &why);
		for (size_t n = 0; n < signer->num; n++) {
			if (s->making.num_certificates ==
			    KF_MAKING_CERTIFICATES_MAX) {
				kf_say(path, "has one certificate too many",
				       "16 at most");
				return KF_EXIT_USAGE;
			}
			s->making.certificate[s->making.num_certificates++] =
				signer->certificate[n];
		}
	}
	return KF_EXIT_FITS;
}

/* read_stamp_roots reads whom a time stamp server has to come from. */
static int read_stamp_roots(struct kf_sign_run *s)
{
	const char *path = kf_argument(s->arguments, "timestamp-certificate");
	struct kf_fault why = { 0 };
	enum kf_status status = KF_OK;

	if (path && !s->ask.stamp_url) {
		kf_say(path, "which server does it vouch for?",
		       "--timestamp-server URL");
		return KF_EXIT_USAGE;
	}
	if (path)
		status = kf_signer_read(&s->stamp_roots, path, s->crypto,
					&why);
	s->ask.stamp_root = s->stamp_roots.certificate;
	s->ask.num_stamp_roots = s->stamp_roots.num;
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(path, status, &why);
}

/* read_file takes a copy, and asks whether the file stayed the same. */
static int read_file(struct kf_sign_run *s)
{
	struct kf_fault why = { 0 };
	enum kf_status status = kf_file_open(&s->file, s->path, &why);

	if (status == KF_OK)
		status = kf_file_copy(&s->copy, &s->file.source, &why);
	if (status == KF_OK && !kf_file_same(&s->file)) {
		kf_fault_say(&why, "sign it when nobody writes to it",
			     "changed while it was read");
		status = KF_CANNOT_READ;
	}
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(s->path, status, &why);
}

/* is_taken tells of a name that has something else than a file that can be
 * replaced, and fills errno. */
static bool is_taken(const char *path)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return false;
	if (stat(path, &st) != 0)
		return true;
	errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
	return !S_ISREG(st.st_mode) || access(path, W_OK) != 0;
}

/* check_place: a key that has signed for a file that cannot be written has
 * signed for nothing, and used up what allowed it. */
static int check_place(const struct kf_sign_run *s)
{
	const char *slash = s->output ? strrchr(s->output, '/') : NULL;
	char folder[4096] = ".";
	struct kf_fault why = { 0 };
	int len = slash ? (int)(slash - s->output) + 1 : 1;

	if (!s->output || s->ask.dry)
		return KF_EXIT_FITS;
	if (slash && len < (int)sizeof(folder))
		snprintf(folder, sizeof(folder), "%.*s", len, s->output);
	if (access(folder, W_OK | X_OK) == 0 && !is_taken(s->output))
		return KF_EXIT_FITS;
	kf_fault_say(&why, NULL, "cannot be written: %s", strerror(errno));
	return kf_say_failure(s->output, KF_CANNOT_READ, &why);
}

static int prepare(struct kf_sign_run *s)
{
	struct kf_fault why = { 0 };
	enum kf_status status;
	int done;

	s->crypto = kf_openssl_open(&why);
	if (!s->crypto)
		return kf_say_failure(NULL, KF_NO_CRYPTO, &why);
	status = kf_work_open(&s->work, KF_ARENA_LEN, s->crypto, kf_now_s(),
			      &why);
	if (status == KF_OK)
		status = kf_work_open(&s->check, KF_ARENA_LEN, s->crypto,
				      kf_now_s(), &why);
	if (status != KF_OK)
		return kf_say_failure(NULL, status, &why);
	done = check_place(s);
	if (done == KF_EXIT_FITS)
		done = read_certificates(s);
	if (done == KF_EXIT_FITS)
		done = read_stamp_roots(s);
	if (done == KF_EXIT_FITS)
		done = kf_sign_devices(s);
	if (done == KF_EXIT_FITS)
		done = read_file(s);
	return done;
}

/* open_key opens the key. Its own certificate is taken where none was given. */
static int open_key(struct kf_sign_run *s)
{
	struct kf_fault why = { 0 };
	enum kf_status status = kf_signing_key_open_as(&s->key, &s->key_ask,
						       s->crypto, &s->work,
						       &why);

	if (status != KF_OK)
		return kf_say_failure("--key", status, &why);
	if (s->key.warning.what[0])
		kf_say(s->key.name, s->key.warning.what, s->key.warning.hint);
	if (!s->making.num_certificates && s->maker->takes_certificate &&
	    s->key.certificate.len)
		s->making.certificate[s->making.num_certificates++] =
			s->key.certificate;
	return KF_EXIT_FITS;
}

/* choose finds the scheme; what the format's verifier would not take ends here,
 * and the key has signed nothing. */
static int choose(struct kf_sign_run *s)
{
	struct kf_making *m = &s->making;
	const uint8_t *first = m->certificate[0].data;
	struct kf_fault why = { 0 };
	enum kf_status status;

	kf_work_again(&s->work, s->copy.source.size);
	m->maker = s->maker;
	m->ask = s->ask;
	m->source = &s->copy.source;
	m->key = &s->key;
	m->crypto = s->crypto;
	m->env = &s->work.env;
	status = kf_making_choose(m, &why);
	/* Devices were asked about the first one. */
	if (status == KF_OK && s->num_devices + s->num_fleets && first &&
	    m->certificate[0].data != first) {
		kf_fault_say(&why, "with --must-fit the key's own certificate comes first",
			     "the first certificate is not of this key");
		status = KF_WRONG_USE;
	}
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(s->path, status, &why);
}

static int make(struct kf_sign_run *s)
{
	struct kf_fault why = { 0 };
	enum kf_status status = kf_making_run(&s->making, &why);

	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(s->path, status, &why);
}

/* weigh has what was made judged. */
static int weigh(struct kf_sign_run *s, const struct kf_source *made)
{
	struct kf_fault why = { 0 };
	enum kf_status status = kf_file_digest(&s->sha256, made,
					       &s->work.env);

	s->size = made->size;
	return status == KF_OK ? kf_sign_fits(s, made, KF_SIGN_MADE)
			       : kf_say_failure(s->path, status, &why);
}

static int write_out(struct kf_sign_run *s, const struct kf_source *made)
{
	struct kf_fault why = { 0 };
	enum kf_status status = kf_replace(s->output, made, &s->file,
					   &s->work.env, &why);

	s->unwritten = status != KF_OK;
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(s->output, status, &why);
}

/* say_dropped says it where no answer does. */
static void say_dropped(const struct kf_sign_run *s, int status)
{
	if (!s->making.has_signed || status == KF_EXIT_FITS ||
	    status == KF_EXIT_NOT || status == KF_EXIT_UNKNOWN)
		return;
	kf_say(s->key.name, s->making.unstamped
	       ? "has signed, and what it signed was dropped: it got no time stamp"
	       : "has signed, and what it signed was dropped", NULL);
}

/* carry_out lets the key sign, if that is allowed. */
static int carry_out(struct kf_sign_run *s)
{
	const struct kf_source *made = NULL;
	int status = kf_sign_approved(s);

	if (status != KF_EXIT_FITS)
		return status;
	status = make(s);
	if (status == KF_EXIT_FITS && s->ask.dry)
		return status;
	if (status == KF_EXIT_FITS) {
		made = kf_patch_source(&s->making.patch);
		status = weigh(s, made);
	}
	if (status == KF_EXIT_FITS)
		status = write_out(s, made);
	say_dropped(s, status);
	return kf_sign_result(s, status);
}

static int sign(struct kf_sign_run *s)
{
	bool early = s->making.num_certificates;
	int status = early ? kf_sign_may(s) : KF_EXIT_FITS;

	if (status == KF_EXIT_FITS)
		status = open_key(s);
	if (status == KF_EXIT_FITS)
		status = choose(s);
	if (status == KF_EXIT_FITS && !early)
		status = kf_sign_may(s);
	if (status == KF_EXIT_FITS)
		status = kf_sign_would(s);
	return status == KF_EXIT_FITS ? carry_out(s) : status;
}

static void release(struct kf_sign_run *s)
{
	kf_sign_ruled_close();
	kf_signing_key_close(&s->key);
	for (size_t i = 0; i < s->num_signers; i++)
		kf_signer_close(&s->signer[i]);
	kf_signer_close(&s->stamp_roots);
	for (size_t i = 0; i < s->num_devices; i++)
		kf_device_close(&s->device[i]);
	for (size_t i = 0; i < s->num_fleets; i++)
		kf_fleet_close(s->fleet[i]);
	kf_file_close(&s->copy);
	kf_file_close(&s->file);
	kf_work_close(&s->check);
	kf_work_close(&s->work);
	kf_openssl_close(s->crypto);
}

static int run(const struct kf_arguments *arguments)
{
	static struct kf_sign_run s;
	int status, put;

	s.arguments = arguments;
	s.copy.fd = s.file.fd = -1;
	status = kf_sign_read(&s);
	if (status == KF_EXIT_FITS)
		status = prepare(&s);
	if (status == KF_EXIT_FITS)
		status = sign(&s);
	if (status == KF_EXIT_FITS || status == KF_EXIT_NOT ||
	    status == KF_EXIT_UNKNOWN)
		kf_sign_tell(&s, status);
	put = kf_put_answer(&s.out);
	release(&s);
	return put == KF_EXIT_FITS ? status : put;
}

const struct kf_command kf_cmd_sign = {
	.operands = "FILE",
	.operand_kind = KF_VALUE_FILE,
	.max_operands = 1,
	.options = kf_sign_options,
	.examples = examples,
	.run = run,
};
