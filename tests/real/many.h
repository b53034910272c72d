/* Asks keyfit about many files in memory, in one process, of one device.
 */
#ifndef KEYFIT_TESTS_REAL_MANY_H
#define KEYFIT_TESTS_REAL_MANY_H

#include <keyfit/host.h>

enum { MANY_PAIRS_MAX = 24 };

struct many {
	struct kf_setting trust[MANY_PAIRS_MAX], set[MANY_PAIRS_MAX];
	struct kf_ask ask;
	const struct kf_crypto *crypto;
	struct kf_device device;
	struct kf_work work;
};

/* many_open opens the device that "trust NAME=VALUE" and "set NAME=VALUE" name,
 * two arguments each. It ends the program where it cannot. */
void many_open(struct many *out, const char *rules, int argc, char **argv);

/* many_judge is '1' for a file that is accepted, '0' for one that is refused,
 * '?' where it is not decided and '!' where keyfit could not do its work. */
char many_judge(struct many *many, struct kf_bytes bytes);

void many_close(struct many *many);

/* many_slurp reads a file whole, up to a number of bytes. Returns how many
 * there were; 0, where it cannot be read. */
size_t many_slurp(uint8_t *out, size_t max, const char *path);

#endif
