/* Values of settings that are numbers or times, as people write them.
 */
#ifndef KEYFIT_CORE_SETTING_H
#define KEYFIT_CORE_SETTING_H

#include <keyfit/crypto.h>

/* What a choice says in place of values: any such value will do. A text has
 * at least one byte. */
#define KF_SETTING_NUMBER "NUMBER"
#define KF_SETTING_TIME "TIME"
#define KF_SETTING_TEXT "TEXT"

/* kf_setting_number reads a number, in hex behind 0x.
 * Fails: false when it is none, or does not fit. */
KF_MUST bool kf_setting_number(uint32_t *out, const char *text);

/* kf_setting_moment reads a day, 2026-11-27, or a second of one,
 * 2026-11-27T08:00:00Z. The firmware keeps times that no calendar has, so
 * none is asked. Fails: false when the text is neither. */
KF_MUST bool kf_setting_moment(struct kf_moment *out, const char *text);

/* kf_moment_compare is negative, zero or positive as `a` is earlier than, the
 * same as, or later than `b`: field by field, as edk2 does. */
int kf_moment_compare(const struct kf_moment *a, const struct kf_moment *b);

#endif
