/* Which firmware there is, and which build it is: a verdict belongs to one
 * build, so its digest goes with every answer.
 */
#include "lab.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HINT "apt install ovmf qemu-system-x86, or name one with --firmware"

/* Where distributions put a build with Secure Boot, and its variables. */
static const char *const places[][2] = {
	{ "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd",
	  "/usr/share/OVMF/OVMF_VARS_4M.fd" },
	{ "/usr/share/edk2/ovmf/OVMF_CODE.secboot.fd",
	  "/usr/share/edk2/ovmf/OVMF_VARS.fd" },
};

/* beside finds the variable store that belongs to a code file by its name. */
static bool beside(struct kf_lab_firmware *f)
{
	static const char *const tails[] = { ".secboot.fd", ".ms.fd",
		".secboot.strictnx.fd", ".snakeoil.fd", ".fd" };
	char *name = strrchr(f->vars, '/');
	char *code = strstr(name ? name : f->vars, "CODE");

	if (!code)
		return false;
	memcpy(code, "VARS", 4);
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		size_t len = strlen(f->vars), tail = strlen(tails[i]);

		if (len <= tail || strcmp(f->vars + len - tail, tails[i]))
			continue;
		strcpy(f->vars + len - tail, ".fd");
		return access(f->vars, R_OK) == 0;
	}
	return false;
}

/* The builds that keyfit's rules were held against, wherever they lie. */
static const char *const builds[][2] = {
	{ "d50189a486d22af418198226a3a5bcb6ddac775590f6a808bd629474ee034d62",
	  "2022.11-6+deb12u2" },
	{ "1a46295574430cfb7f825ee3e4dc64b052acbef08e310377ed7c64cb757a9dc1",
	  "2025.02-8+deb13u1" },
};

/* find_version: a build that is known; else dpkg's list tells the version of
 * the package that owns the file. */
static void find_version(struct kf_lab_firmware *f)
{
	char line[512];
	bool in_ovmf = false;
	FILE *list;

	for (size_t i = 0; i < sizeof(builds) / sizeof(builds[0]); i++)
		if (strcmp(f->sha256, builds[i][0]) == 0)
			snprintf(f->version, sizeof(f->version), "%s",
				 builds[i][1]);
	if (f->version[0] || strncmp(f->code, "/usr/share/OVMF/", 16) != 0)
		return;
	list = fopen("/var/lib/dpkg/status", "r");
	while (list && fgets(line, sizeof(line), list)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "Package: ", 9) == 0)
			in_ovmf = strcmp(line + 9, "ovmf") == 0;
		if (in_ovmf && strncmp(line, "Version: ", 9) == 0)
			snprintf(f->version, sizeof(f->version), "%.60s",
				 line + 9);
	}
	if (list)
		fclose(list);
}

static enum kf_status find_digest(struct kf_lab_firmware *f,
				  const struct kf_crypto *crypto,
				  struct kf_fault *why)
{
	struct kf_text_file code;
	struct kf_digest digest;
	enum kf_status status = kf_text_file_read(&code, f->code, 64 << 20,
						  why);

	if (status != KF_OK)
		return status;
	kf_digest_of(&digest, crypto, KF_SHA256, code.bytes);
	kf_text_file_close(&code);
	if (digest.len != 32) {
		kf_fault_say(why, NULL, "the firmware cannot be hashed");
		return KF_NO_CRYPTO;
	}
	for (size_t i = 0; i < 32; i++)
		snprintf(f->sha256 + 2 * i, 3, "%02x", digest.bytes[i]);
	return KF_OK;
}

static bool take_names(struct kf_lab_firmware *out, const char *code,
		       const char *vars)
{
	int a = snprintf(out->code, sizeof(out->code), "%s", code);
	int b = snprintf(out->vars, sizeof(out->vars), "%s",
			 vars ? vars : code);

	return a > 0 && (size_t)a < sizeof(out->code) && b > 0 &&
	       (size_t)b < sizeof(out->vars);
}

enum kf_status kf_lab_firmware_find(struct kf_lab_firmware *out,
				    const char *code, const char *vars,
				    const struct kf_crypto *crypto,
				    struct kf_fault *why)
{
	enum kf_status status;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; !code && i < sizeof(places) / sizeof(places[0]);
	     i++)
		if (access(places[i][0], R_OK) == 0) {
			code = places[i][0];
			vars = vars ? vars : places[i][1];
		}
	if (!code) {
		kf_fault_say(why, HINT, "no UEFI firmware for a virtual machine");
		return KF_CANNOT_READ;
	}
	if (!take_names(out, code, vars)) {
		kf_fault_say(why, NULL, "the firmware's path is too long");
		return KF_WRONG_USE;
	}
	if (access(out->code, R_OK) != 0) {
		kf_fault_say(why, HINT, "%.200s: no firmware to be read",
			     code);
		return KF_CANNOT_READ;
	}
	if (!vars && !beside(out)) {
		kf_fault_say(why, "name it with --vars",
			     "%.200s: no empty variable store lies beside it",
			     code);
		return KF_CANNOT_READ;
	}
	status = find_digest(out, crypto, why);
	if (status == KF_OK)
		find_version(out);
	return status;
}
