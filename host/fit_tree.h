/* Where a U-Boot keeps its control device tree.
 */
#ifndef KEYFIT_HOST_FIT_TREE_H
#define KEYFIT_HOST_FIT_TREE_H

#include "device.h"

/* kf_fit_tree finds the control device tree in a file: the file itself, or,
 * where a U-Boot carries it (u-boot-dtb.bin, u-boot.img, u-boot.itb, a flash
 * image), the first tree in it that has /signature. The empty view where there
 * is none. */
struct kf_bytes kf_fit_tree(struct kf_bytes file);

/* kf_fit_has_keys tells whether a tree has /signature. */
bool kf_fit_has_keys(const struct kf_source *tree);

/* kf_fit_version finds what version a U-Boot calls itself, "2023.01+dfsg-2";
 * the empty view: it does not say. */
struct kf_bytes kf_fit_version(struct kf_bytes file);

#endif
