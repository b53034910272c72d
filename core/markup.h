/* XML as GLib's simple parser reads it, and the tree that libxmlb makes of it:
 * elements with attributes, and the first text of each.
 *
 * Neither asks a text to end well: what is open behind the last element does
 * not matter.
 *
 * Source: GNOME/glib, glib/gmarkup.c (g_markup_parse_context_parse,
 * unescape_gstring_inplace), tag 2.74.6; hughsie/libxmlb, src/xb-builder.c
 * (xb_builder_compile_source), src/xb-builder-node.c
 * (xb_builder_node_parse_literal_text), tag 0.3.22.
 */
#ifndef KEYFIT_CORE_MARKUP_H
#define KEYFIT_CORE_MARKUP_H

#include <keyfit/env.h>

struct kf_attribute {
	struct kf_bytes name, value;
	struct kf_attribute *next;
};

struct kf_element {
	struct kf_bytes name;
	struct kf_bytes text;	/* `data` NULL: none */
	bool has_text;		/* one was there, be it of blanks alone */
	struct kf_attribute *attribute;
	struct kf_element *parent, *next, *first, *last;
};

struct kf_markup {
	struct kf_element top;		/* what stands around all elements */
	struct kf_damage damage;	/* it is no such text */
	const char *beyond;		/* keyfit cannot tell */
};

/* kf_markup_read reads a text. Fails: KF_NO_MEMORY, KF_TOO_MUCH. */
KF_MUST enum kf_status kf_markup_read(struct kf_markup *out,
				      struct kf_bytes text,
				      struct kf_env *env);

/* kf_markup_attribute is an attribute's value; `data` NULL: none. */
struct kf_bytes kf_markup_attribute(const struct kf_element *element,
				    const char *name);

/* kf_markup_child is the first child of a name behind `after`, or of all; with
 * `attribute`, that has it with `value`. */
const struct kf_element *kf_markup_child(const struct kf_element *parent,
					 const struct kf_element *after,
					 const char *name,
					 const char *attribute,
					 const char *value);

/* kf_markup_is tells whether a text is a word. */
bool kf_markup_is(struct kf_bytes text, const char *word);

#endif
