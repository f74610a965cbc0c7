/** SHA-256 of the style sheet, as a policy writes it. `npm run schemas` writes this file. */
export const STYLES_SHA256 = 'WP0eCLHTtLNDvbg3aK0ZN+z5ZuigbCxeunxbVx8r92c='
