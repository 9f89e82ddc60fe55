// As lambda-warmer's README has it.
const warmer = require('lambda-warmer')

exports.handler = async (event) => {
  if (await warmer(event)) return 'warmed'
  return { statusCode: 200, body: 'what it does for users' }
}
