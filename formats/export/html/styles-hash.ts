/** SHA-256 of the style sheet, as a policy writes it. `npm run schemas` writes this file. */
export const STYLES_SHA256 = 'GS0iXX0mv4CyhamblKhgchoEKIqxSmeyjOb0lyz0mbw='
