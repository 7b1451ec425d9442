#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include "base/mem.h"
#include "filing/shrink.h"

/* A progressive one is decoded once a scan: so many times the pixels of the
 * largest. */
#define SCANNED_MAX	(4u * LIMIT_PIXELS_SOURCE)

/* What is held while libjpeg may jump away. */
struct reading {
	struct jpeg_decompress_struct c;
	struct jpeg_error_mgr	 errors;
	struct jpeg_progress_mgr progress;
	jmp_buf			 away;
	struct shrink		*s;
	uint8_t			*row, *rgba;
	int			 rc;
	struct err		*e;
};

static void
on_error(j_common_ptr c)
{
	longjmp(((struct reading *)c->client_data)->away, 1);
}

/* What it can mend by guessing was not in the picture. */
static void
on_message(j_common_ptr c, int level)
{
	if (level < 0)
		on_error(c);
}

static void
on_output(j_common_ptr c)
{
	(void)c;
}

static void
on_progress(j_common_ptr c)
{
	const struct reading	*r = c->client_data;
	uint64_t		 all = (uint64_t)r->c.image_width *
				    r->c.image_height;

	if (all * (uint64_t)r->c.input_scan_number > SCANNED_MAX &&
	    r->c.input_scan_number > 1)
		on_error(c);
}

/* Halves are left out while decoding, which is cheaper, as long as twice what
 * is shown is left. */
static void
scale(struct reading *r, uint32_t edge)
{
	const uint32_t	most = r->c.image_width > r->c.image_height ?
			    r->c.image_width : r->c.image_height;

	r->c.scale_num = 1;
	r->c.scale_denom = 1;
	while (r->c.scale_denom < 8 &&
	    most / (2 * r->c.scale_denom) >= 2 * edge)
		r->c.scale_denom *= 2;
}

static void
read_rows(struct reading *r)
{
	JSAMPROW	row;
	uint32_t	x, y;

	r->row = xcalloc(r->c.output_width, 3);
	r->rgba = xcalloc(r->c.output_width, 4);
	row = r->row;
	for (y = 0; y < r->c.output_height; y++) {
		if (jpeg_read_scanlines(&r->c, &row, 1) != 1)
			on_error((j_common_ptr)&r->c);
		for (x = 0; x < r->c.output_width; x++) {
			memcpy(r->rgba + 4 * (size_t)x,
			    r->row + 3 * (size_t)x, 3);
			r->rgba[4 * (size_t)x + 3] = 255;
		}
		shrink_row(r->s, r->rgba);
	}
}

static void
read_all(struct reading *r, struct octets in, uint32_t edge, uint64_t *left)
{
	jpeg_mem_src(&r->c, in.p, in.len);
	(void)jpeg_read_header(&r->c, TRUE);
	if ((r->rc = shrink_check(r->c.image_width, r->c.image_height, left,
	    r->e)) != 0)
		return;
	if (r->c.num_components == 4) {
		r->rc = err_set_id(r->e, ERR_FORMAT, "picture-unreadable",
		    "the picture is a %s of a form that is not read",
		    "JPEG");
		return;
	}
	scale(r, edge);
	r->c.out_color_space = JCS_RGB;
	(void)jpeg_start_decompress(&r->c);
	r->s = shrink_new(r->c.output_width, r->c.output_height, edge);
	read_rows(r);
	(void)jpeg_finish_decompress(&r->c);
}

int
pixels_jpeg(struct octets in, uint32_t edge, uint64_t *left,
    struct pixels *p, struct err *e)
{
	struct reading	*r = xcalloc(1, sizeof(*r));
	int		 rc;

	r->e = e;
	r->c.err = jpeg_std_error(&r->errors);
	r->errors.error_exit = on_error;
	r->errors.emit_message = on_message;
	r->errors.output_message = on_output;
	r->c.client_data = r;
	if (setjmp(r->away) != 0) {
		rc = err_set_id(e, ERR_FORMAT, "picture-unreadable",
		    "the picture is damaged: it cannot be read as %s",
		    "JPEG");
		goto out;
	}
	jpeg_create_decompress(&r->c);
	r->c.client_data = r;
	r->progress.progress_monitor = on_progress;
	r->c.progress = &r->progress;
	read_all(r, in, edge, left);
	if ((rc = r->rc) == 0)
		shrink_take(r->s, p);
out:
	jpeg_destroy_decompress(&r->c);
	shrink_free(r->s);
	free(r->row);
	free(r->rgba);
	free(r);
	return rc;
}
