/* The boot files of a machine: of an EFI system partition, as a folder, and
 * loose ones.
 */
#ifndef KEYFIT_HOST_ESP_H
#define KEYFIT_HOST_ESP_H

#include <keyfit/host.h>

#include "image.h"

#include "analysis/chain.h"

enum {
	KF_ESP_FILES_MAX = 256,
	KF_ESP_NOTES_MAX = 256,
	KF_ESP_NOTE_MAX = 64 << 10,
	KF_ESP_SHIM_MAX = 8 << 20,
};

/* kf_esp is what was found. It starts zeroed but for `crypto` and `now_s`.
 * `given` views what the rest owns. */
struct kf_esp {
	const struct kf_crypto *crypto;
	int64_t now_s;
	struct kf_chain_given given;
	struct kf_chain_file file[KF_ESP_FILES_MAX];
	struct kf_chain_note note[KF_ESP_NOTES_MAX];
	struct kf_esp_opened *opened[KF_ESP_FILES_MAX];
	struct kf_text_file note_file[KF_ESP_NOTES_MAX];
	struct kf_work texts;		/* for paths, and for looking */
	struct kf_esp_image image;
	const char *image_path;		/* NULL: the ESP is a folder */
	bool has_folder;		/* one of the paths was an ESP */
};

/* kf_esp_add adds what a path holds: a boot file; a folder, with the ESP in it
 * or above it, and kernels beside that; a disk image with an ESP.
 * Owns: `esp`, until kf_esp_close, also when it fails. Fails: KF_CANNOT_READ,
 * KF_NO_MEMORY, KF_WRONG_USE (nothing there that boots), KF_TOO_MUCH. */
KF_MUST enum kf_status kf_esp_add(struct kf_esp *esp, const char *path,
				  struct kf_fault *why);

/* kf_esp_ready makes the files ready to be judged, and the row or the ESP of
 * them. Fails: KF_WRONG_USE, a folder and loose loaders do not go together. */
KF_MUST enum kf_status kf_esp_ready(struct kf_esp *esp, struct kf_fault *why);

/* kf_esp_same: are all files as they were when they were opened? */
bool kf_esp_same(const struct kf_esp *esp);
void kf_esp_close(struct kf_esp *esp);

#endif
