/* Asks real firmware what it does with the cases of a script, in the words of
 * the batch protocol (see judge.c), and prints its answers.
 *
 *   firmware [--boots] FOLDER [CODE VARS] <SCRIPT
 *
 * Files of the script lie in FOLDER; CODE and VARS are the firmware and an
 * empty variable store for it, without them it is the machine's own. --boots
 * boots once a case, from an edited variable store. Answers:
 * firmware SHA-256 VERSION, then case ID ANSWER LOAD START ACTION; where shim
 * judged, also end ID HOW, said ID WORDS and level ID SBATLEVEL
 */
#include "jobs/lab/lab.h"

#include <stdio.h>
#include <string.h>

static void tell(void *self, const struct kf_lab_answer *a)
{
	if (a->wrote[0])
		printf("case %s %s %s\n", a->id,
		       kf_lab_outcome_name(a->outcome), a->wrote);
	else
		printf("case %s %s %d %d %d\n", a->id,
		       kf_lab_outcome_name(a->outcome), a->load, a->start,
		       a->action);
	if (a->end != KF_LAB_NO_SHIM)
		printf("end %s %s\nsaid %s %s\nlevel %s %s\n", a->id,
		       kf_lab_end_name(a->end), a->id, a->said, a->id,
		       a->level);
	fflush(stdout);
}

static int fail(const struct kf_fault *why)
{
	fprintf(stderr, "firmware: %s\n", why->what);
	if (why->hint[0])
		fprintf(stderr, "firmware: hint: %s\n", why->hint);
	return 4;
}

int main(int argc, char **argv)
{
	bool boots = argc > 1 && strcmp(argv[1], "--boots") == 0;
	struct kf_lab_firmware firmware;
	struct kf_fault why = { 0 };
	struct kf_text_file script;
	const struct kf_crypto *crypto;
	enum kf_status status;

	argv += boots;
	argc -= boots;
	if (argc != 2 && argc != 4) {
		fprintf(stderr, "usage: firmware [--boots] FOLDER [CODE VARS]\n");
		return 2;
	}
	crypto = kf_openssl_open(&why);
	if (!crypto)
		return fail(&why);
	status = kf_lab_firmware_find(&firmware, argc == 4 ? argv[2] : NULL,
				      argc == 4 ? argv[3] : NULL, crypto,
				      &why);
	kf_openssl_close(crypto);
	if (status != KF_OK ||
	    kf_text_file_read(&script, "-", 256 << 20, &why) != KF_OK)
		return fail(&why);
	printf("firmware %s %s\n", firmware.sha256,
	       firmware.version[0] ? firmware.version : "-");
	status = (boots ? kf_lab_boots : kf_lab_batch)(&firmware,
		script.bytes, argv[1], tell, NULL, &why);
	kf_text_file_close(&script);
	return status == KF_OK ? 0 : fail(&why);
}
