/* Questions to a device, and to what is not known of it.
 *
 * A run asks for what it needs when it needs it. What is not known is tried in
 * all ways, one run for each, so that a verdict holds for all of them; what no
 * run asks for cannot matter.
 *
 * Source: ours; what may be told is what mcu-tools/mcuboot boot/bootutil is
 * built with.
 */
#include "mcuboot.h"

#ifndef KEYFIT_MCUBOOT_BUILD
unsigned mcuboot_ask(struct mcuboot_case *k, enum mcuboot_question question,
		     unsigned num)
{
	if (k->device->known[question] >= 0)
		return (unsigned)k->device->known[question];
	for (size_t i = 0; i < k->pos; i++)
		if (k->path[i].question == question)
			return k->path[i].value;
	if (k->pos == MCUBOOT_PATH_MAX) {
		k->status = KF_TOO_MUCH;
		return 0;
	}
	if (k->pos == k->num_path) {
		k->path[k->num_path].question = (uint8_t)question;
		k->path[k->num_path].value = 0;
		k->path[k->num_path++].num = (uint8_t)num;
	}
	return k->path[k->pos++].value;
}

bool mcuboot_is(struct mcuboot_case *k, enum mcuboot_question question)
{
	return mcuboot_ask(k, question, 2) != 0;
}
#endif

bool mcuboot_next_path(struct mcuboot_case *k)
{
	k->num_path = k->pos;
	k->pos = 0;
	while (k->num_path) {
		size_t last = k->num_path - 1;

		if (++k->path[last].value < k->path[last].num)
			return true;
		k->num_path--;
	}
	return false;
}

const char *mcuboot_question_name(const struct mcuboot_case *k,
				  enum mcuboot_question question)
{
	static const char *const names[MCUBOOT_NUM_QUESTIONS] = {
		[MCUBOOT_Q_OPERATION] = "operation",
		[MCUBOOT_Q_SIGNATURE] = "signature",
		[MCUBOOT_Q_KEY] = "key",
		[MCUBOOT_Q_KEY_HASH] = "key-hash",
		[MCUBOOT_Q_COUNTER] = "security-counter",
		[MCUBOOT_Q_OLDER] = "installed",
		[MCUBOOT_Q_INSTALLED_COUNTER] = "installed",
		[MCUBOOT_Q_SWAP] = "swap",
		[MCUBOOT_Q_DECRYPTS] = "encryption-key",
		[MCUBOOT_Q_PLAIN] = "encryption-key",
		[MCUBOOT_Q_ADDRESS] = "slot-address",
		[MCUBOOT_Q_OTHER] = "other-version",
	};

	if (question == MCUBOOT_Q_FITS)
		return k->fits_by;
	return names[question] ? names[question] : "options";
}
